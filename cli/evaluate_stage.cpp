#include "evaluate_stage.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "base/error.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "calibration_stage.h"
#include "corpus/clips.h"
#include "evaluation/alarms.h"
#include "evaluation/noise.h"
#include "evaluation/reference_figures.h"
#include "evaluation_text.h"
#include "labelled_recordings.h"
#include "long_recordings.h"
#include "metrics/decisions.h"
#include "model_costs.h"
#include "model_file.h"
#include "report/page.h"
#include "report_examples.h"
#include "report_sections.h"
#include "training_set_stage.h"

namespace pupil::cli {
namespace {

using evaluation::SplitClips;
using evaluation::SplitScores;
using student::SetSplit;
using student::TrainingSet;

std::filesystem::path find_model(const Project& project, const EvaluateStageOptions& options) {
  if (!options.model.empty()) return options.model;
  const std::filesystem::path folder = project.dir / "model";
  const std::filesystem::path named = folder / concat(project.name, ".pupil");
  if (std::filesystem::exists(named)) return named;
  std::vector<std::filesystem::path> models;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".pupil") models.push_back(entry.path());
    }
  }
  if (models.size() == 1) return models.front();
  const char* advice = models.empty()
                           ? ": no exported model yet (pupil export makes it)"
                           : ": several models, and none has the project's name; say which with --model";
  throw Error(concat(folder.string(), advice));
}

void require_fit(const TrainingSet& set, const edge::Model& model, const std::filesystem::path& path) {
  bool same = model.class_count() == set.class_count();
  for (std::int32_t k = 0; same && k < model.class_count(); ++k)
    same = model.label(k) == set.class_names()[static_cast<std::size_t>(k)];
  if (!same)
    throw Error(
        concat(path.string(), ": the model knows other classes than the labels: pupil train, pupil export"));
  if (model.front_end().sample_rate_hz != student::kTrainingRateHz)
    throw Error(concat(path.string(), ": the model hears ", model.front_end().sample_rate_hz,
                       " Hz, projects have ", student::kTrainingRateHz));
  if (edge::frame_count(model.front_end(), set.window_samples()) != model.window_frames())
    throw Error(
        concat(path.string(), ": the model hears windows of ", model.window_frames(),
               " frames, the project's ([window] length_s) have another length: pupil train, pupil export"));
}

/// A split as all systems hear it.
struct Heard {
  SplitScores windows;
  SplitClips clips;
  std::vector<std::int8_t> any;  // [clips]: 1 some class of the project, 0 none, -1 not known
};

Heard joined(const Heard& first, const Heard& second) {
  Heard all = first;
  const auto append = [](auto* to, const auto& from) { to->insert(to->end(), from.begin(), from.end()); };
  append(&all.any, second.any);
  append(&all.clips.clips, second.clips.clips);
  append(&all.clips.truth, second.clips.truth);
  append(&all.clips.recordings, second.clips.recordings);
  append(&all.clips.scores.teacher, second.clips.scores.teacher);
  append(&all.clips.scores.floating, second.clips.scores.floating);
  append(&all.clips.scores.int8, second.clips.scores.int8);
  return all;
}

class Evaluating {
 public:
  Evaluating(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
             const EvaluateStageOptions& options)
      : project_(project),
        catalogue_(catalogue),
        store_(store),
        options_(options),
        set_(prepare_training_set(project, catalogue, store, project.train.embedding > 0)),
        path_(find_model(project, options)),
        file_(path_.string()),
        network_(file_.model()) {
    require_fit(set_, file_.model(), path_);
    student_ = project.dir / "train" / "student.safetensors";
    if (!std::filesystem::exists(student_)) {
      note("There is no float student beside the model: only the int8 one is measured.");
      student_.clear();
    }
  }

  EvaluationReport run() {
    test_ = hear(SetSplit::test);
    val_ = hear(SetSplit::val);
    hear_data();
    say_what_is_missing();
    report_.model = path_;
    report_.model_bytes = std::ssize(file_.model().file());
    Json& json = report_.json;
    json.set("project", project_.name);
    json.set("made_by", concat("pupil ", PUPIL_VERSION));
    json.set("config_sha256", sha256_file(project_.dir / "pupil.toml"));
    json.set("classes", Json(set_.class_names()));
    json.set("reported_classes", set_.reported_class_count());
    json.set("retained", Json());  // here for people; filled in below
    json.set("model", model_json(file_.model(), path_));
    add_splits(&json);
    add_any_class(&json);
    json.set("calibration", calibration_json());
    add_noise(&json);
    json.set("false_alarms", false_alarms_json());
    json.set("collection", collection_json(catalogue_));
    json.set("separation", separation_json(catalogue_));
    json.set("labelling", labelling_json(project_, catalogue_));
    json.set("training", training_json(project_));
    json.set("comparison", comparison_json(project_));
    report::Media media;
    json.set("examples", report_examples(catalogue_, store_, set_, &media));
    json.set("notes", Json(notes_));
    json.set("measured_here", measured_json(file_.model(), &network_));
    write(media);
    return std::move(report_);
  }

 private:
  void note(std::string text) {
    log_warning(text);
    notes_.push_back(std::move(text));
  }

  void say_what_is_missing() {
    if (!test_.windows.windows.empty()) return;
    if (project_.separate.mode == "separated")
      note(
          "Only separated views are labelled, and a device hears originals: [separate] mode = \"both\" gives "
          "something to judge by.");
    else if (val_.windows.windows.empty())
      note("There are neither test nor validation recordings: the student is not judged.");
    else
      note("There are no test recordings: figures are those of validation recordings.");
  }

  Heard hear(SetSplit split) {
    Heard heard;
    heard.windows = evaluation::hear_split(set_, split, network_, student_);
    heard.clips = evaluation::clips_of(set_, heard.windows);
    for (std::size_t i = 0; i < heard.clips.clips.size(); ++i)
      heard.any.push_back(any_class(heard.clips.clips[i], heard.clips.truth[i]));
    return heard;
  }

  std::int8_t any_class(std::int32_t clip, std::int32_t truth) {
    if (truth >= 0) return truth < set_.reported_class_count() ? 1 : 0;
    const std::int64_t id = set_.clips()[static_cast<std::size_t>(clip)].id;
    for (const corpus::Truth& given : corpus::get_clip(catalogue_, id).truth) {
      if (project_.means_any_class(given.label)) return 1;
    }
    return -1;
  }

  // The split that figures of one split are taken from.
  const Heard& judged() const { return test_.windows.windows.empty() ? val_ : test_; }
  const char* judged_name() const { return test_.windows.windows.empty() ? "val" : "test"; }

  void add_splits(Json* json) {
    Json splits = Json(Json::Object());
    for (const auto& [name, heard] : {std::pair<const char*, const Heard&>{"test", test_}, {"val", val_}}) {
      if (heard.windows.windows.empty()) continue;
      const evaluation::SplitFigures figures = evaluation::measure_split(set_, heard.windows, heard.clips);
      splits.set(name, evaluation::split_json(figures, set_.class_names()));
      if (&heard == &judged()) headline(figures);
    }
    if (data_) splits.set("data", data_->split);
    json->set("splits", splits);
  }

  void hear_data() {
    if (options_.data.empty()) return;
    LabelledDataOptions data;
    data.hop_s = options_.data_hop_s;
    data.activity_db = project_.label.activity_db;
    data.reported_count = set_.reported_class_count();
    data.meaning = [this](const std::string& given) {
      return LabelMeaning{project_.class_of(given), project_.means_any_class(given)};
    };
    data_ = measure_labelled_recordings(network_, options_.data, data);
  }

  void headline(const evaluation::SplitFigures& figures) {
    const auto& truth = figures.clips_against_truth;
    report_.against_truth = truth && truth->teacher && std::isfinite(truth->retained_int8.value);
    const auto& chosen = report_.against_truth ? truth : figures.clips_against_teacher;
    if (!chosen) return;
    report_.split = judged_name();
    report_.clip_count = chosen->item_count;
    report_.retained = chosen->retained_int8.value;
    report_.retained_low = chosen->retained_int8.low;
    report_.retained_high = chosen->retained_int8.high;
    if (!report_.against_truth)
      note(
          "No test clip has a given label that names a class: the student is measured by how often it "
          "decides as "
          "the teacher does.");
    Json retained;
    retained.set("measure", report_.against_truth ? "accuracy over the teacher's, against given labels"
                                                  : "agreement with the teacher");
    retained.set("split", report_.split);
    retained.set("clips", report_.clip_count);
    retained.set("recordings", chosen->recording_count);
    retained.set("int8", evaluation::interval_json(chosen->retained_int8));
    if (chosen->retained_float) retained.set("float", evaluation::interval_json(*chosen->retained_float));
    if (chosen->teacher)
      retained.set("teacher_accuracy", evaluation::interval_json(chosen->teacher->accuracy));
    if (chosen->floating)
      retained.set("float_accuracy", evaluation::interval_json(chosen->floating->accuracy));
    retained.set("int8_accuracy", evaluation::interval_json(chosen->int8.accuracy));
    if (chosen->int8_minus_float_points)
      retained.set("int8_minus_float_points", evaluation::interval_json(*chosen->int8_minus_float_points));
    report_.json.set("retained", retained);
  }

  void add_any_class(Json* json) {
    Json all = Json(Json::Object());
    const bool one_of_k = file_.model().score_kind() == edge::ScoreKind::softmax;
    const auto add = [&](const char* name, const Heard& heard) {
      const auto figures = evaluation::measure_any_class(heard.clips, heard.any, set_.class_count(),
                                                         set_.reported_class_count(), one_of_k);
      if (figures) all.set(name, evaluation::any_class_json(*figures));
    };
    add("test", test_);
    add("val", val_);
    add("val_and_test", joined(val_, test_));
    if (data_ && !data_->any_class.is_null()) all.set("data", data_->any_class);
    json->set("any_class", all.as_object().empty() ? Json() : all);
  }

  // Thresholds as they stand in the model, on the data they come from and on the data that judges.
  Json calibration_json() {
    const edge::Model& model = file_.model();
    Json json;
    if (const std::string_view about = model.find_metadata("calibration"); !about.empty()) {
      json = parse_json(about);
    } else {
      note("The model was exported without calibration.");
      json.set("fitted_to", "nothing");
    }
    json.set("temperature", 1.0 / static_cast<double>(model.calibration_gain(0)));
    const Heard& heard = judged();
    const evaluation::CalibrationData data =
        evaluation::calibration_data(set_, heard.windows.windows, heard.windows.int8_logits);
    json.set("judged_on", judged_name());
    json.set("judged_windows", std::ssize(data.reference));
    add_reliability(data, &json);
    const std::vector<float> scores = evaluation::device_scores(model, data.logits);
    const evaluation::CalibrationData fitted =
        evaluation::calibration_data(set_, val_.windows.windows, val_.windows.int8_logits);
    const std::vector<float> fitted_scores = evaluation::device_scores(model, fitted.logits);
    Json classes = Json(Json::Array());
    for (std::int32_t k = 0; k < model.class_count(); ++k) {
      const auto judge = [&](const evaluation::CalibrationData& on, const std::vector<float>& by) {
        return evaluation::judge_threshold(by, on.reference, on.streams, on.duration_s, model.class_count(),
                                           k, model.threshold(k));
      };
      const std::string& name = set_.class_names()[static_cast<std::size_t>(k)];
      Json row = evaluation::threshold_json(judge(data, scores), name);
      row.set("on_validation", evaluation::threshold_json(judge(fitted, fitted_scores), name));
      classes.push_back(row);
    }
    json.set("classes", classes);
    const std::vector<std::int32_t> decided =
        metrics::decide_above(scores, evaluation::model_thresholds(model));
    json.set("none_of_these_share",
             data.reference.empty()
                 ? std::nan("")
                 : static_cast<double>(std::count(decided.begin(), decided.end(), metrics::kNone)) /
                       static_cast<double>(decided.size()));
    return json;
  }

  void add_reliability(const evaluation::CalibrationData& data, Json* json) {
    evaluation::Items items;
    std::vector<float> logits;
    const auto classes = static_cast<std::size_t>(set_.class_count());
    for (std::size_t n = 0; n < data.reference.size(); ++n) {
      if (data.reference[n] < 0) continue;
      items.reference.push_back(data.reference[n]);
      items.recordings.push_back(data.streams[n]);
      const auto row = data.logits.begin() + static_cast<std::ptrdiff_t>(n * classes);
      logits.insert(logits.end(), row, row + static_cast<std::ptrdiff_t>(classes));
    }
    const auto add = [&](const char* error, const char* bins, const std::vector<float>& scores) {
      const auto figures = evaluation::measure_system(items, scores, set_.class_count());
      json->set(error, figures.calibration_error);
      json->set(bins, evaluation::reliability_json(figures.reliability));
    };
    add("error_before", "reliability_before", evaluation::uncalibrated_scores(file_.model(), logits));
    add("error_after", "reliability_after", evaluation::device_scores(file_.model(), logits));
  }

  void add_noise(Json* json) {
    const Heard& heard = judged();
    const auto figures = evaluation::measure_noise(set_, heard.windows, heard.clips, val_.windows, network_);
    json->set("noise", figures ? evaluation::noise_json(*figures) : Json());
  }

  Json false_alarms_json() {
    Json list = Json(Json::Array());
    if (const auto negatives = alarms_of_negatives())
      list.push_back(evaluation::alarms_json(*negatives, set_.class_names()));
    if (data_ && !data_->false_alarms.is_null()) list.push_back(data_->false_alarms);
    for (const std::string& path : options_.long_files) {
      const evaluation::AlarmFigures figures =
          hear_long_recording(file_.model(), path, set_.reported_class_count(),
                              [&](const std::string& given) { return project_.class_of(given); });
      list.push_back(evaluation::alarms_json(figures, set_.class_names()));
    }
    return list.as_array().empty() ? Json() : list;
  }

  // Clips that hold none of the reported classes, by their given label or else by the teacher's decision.
  std::optional<evaluation::AlarmFigures> alarms_of_negatives() {
    const Heard& heard = judged();
    const std::vector<std::int32_t> teacher = metrics::decide(heard.clips.scores.teacher, set_.class_count());
    evaluation::AlarmFigures figures;
    figures.name = concat(judged_name(), " clips of other sounds");
    figures.false_count.resize(static_cast<std::size_t>(set_.reported_class_count()));
    const auto classes = static_cast<std::size_t>(set_.class_count());
    for (std::size_t i = 0; i < heard.clips.clips.size(); ++i) {
      const std::int32_t given = heard.clips.truth[i] >= 0 ? heard.clips.truth[i] : teacher[i];
      if (given < set_.reported_class_count() || heard.any[i] == 1) continue;
      evaluation::EventBuilder builder(evaluation::model_thresholds(file_.model()),
                                       set_.reported_class_count());
      for (std::size_t n = 0; n < heard.windows.windows.size(); ++n) {
        const auto& window = set_.windows()[static_cast<std::size_t>(heard.windows.windows[n])];
        if (window.clip != heard.clips.clips[i]) continue;
        const double start_s = static_cast<double>(window.start_sample) / student::kTrainingRateHz;
        builder.add(start_s, start_s + static_cast<double>(set_.window_samples()) / student::kTrainingRateHz,
                    std::span(heard.windows.scores.int8).subspan(n * classes, classes));
      }
      const auto& clip = set_.clips()[static_cast<std::size_t>(heard.clips.clips[i])];
      evaluation::add_detections(builder.events(), {},
                                 static_cast<double>(clip.sample_count) / student::kTrainingRateHz, &figures);
    }
    if (figures.duration_s <= 0) return std::nullopt;
    return figures;
  }

  void write(const report::Media& media) {
    const std::filesystem::path folder = project_.dir / "report";
    std::filesystem::create_directories(folder);
    const auto write_text = [&](const std::filesystem::path& path, const std::string& text) {
      TempFile file(folder);
      file.write(std::as_bytes(std::span(text)));
      file.commit(path);
    };
    report_.json_path = folder / "report.json";
    write_text(report_.json_path, report_.json.dump(2) + "\n");
    if (!options_.page) return;
    report_.page = folder / "index.html";
    write_text(report_.page, report::page(report_.json, media));
  }

  const Project& project_;
  corpus::Catalogue& catalogue_;
  const corpus::Store& store_;
  const EvaluateStageOptions& options_;
  TrainingSet set_;
  std::filesystem::path path_;
  ModelFile file_;
  evaluation::DeviceNetwork network_;
  std::filesystem::path student_;  // empty: none
  Heard test_, val_;
  std::optional<LabelledDataFigures> data_;
  std::vector<std::string> notes_;
  EvaluationReport report_;
};

}  // namespace

EvaluationReport run_evaluate_stage(const Project& project, corpus::Catalogue& catalogue,
                                    const corpus::Store& store, const EvaluateStageOptions& options) {
  return Evaluating(project, catalogue, store, options).run();
}

std::string evaluation_text(const EvaluationReport& report) {
  std::string text = report_text(report.json);
  text += concat("report: ", report.page.empty() ? report.json_path.string() : report.page.string(), "\n");
  return text;
}

}  // namespace pupil::cli
