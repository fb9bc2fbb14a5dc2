// SPDX-License-Identifier: Apache-2.0
// What is measured is the exported file, through the device library, with the float student beside it.
//
// 1. The constructor refuses what would make all figures meaningless (other classes, rate or window) before
//    anything is scored. What makes only some of them meaningless becomes a note, in the log and in the
//    report.
// 2. Figures are taken from the test split, or from validation where there are no test recordings (judged()),
//    and each names its split.
// 3. Whatever decides report.json goes into inputs_hash(): what is left out there, a later `pupil run` takes
//    for unchanged.
// 4. The keys of report.json have the order of run(); headline() fills "retained" in, whose place a null
//    holds.

#include "pipeline/evaluate_stage.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <span>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/revision.h"
#include "base/sha256.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/stage_run.h"
#include "demo/page.h"
#include "device/model_file.h"
#include "evaluation/microphones.h"
#include "evaluation/negative_stream.h"
#include "evaluation/noise.h"
#include "evaluation/reference_figures.h"
#include "pipeline/broad_negatives.h"
#include "pipeline/calibration_figures.h"
#include "pipeline/config_chain.h"
#include "pipeline/confusions.h"
#include "pipeline/evaluation_text.h"
#include "pipeline/export_stage.h"
#include "pipeline/impulse_response_folder.h"
#include "pipeline/labelled_recordings.h"
#include "pipeline/long_recordings.h"
#include "pipeline/model_costs.h"
#include "pipeline/report_examples.h"
#include "pipeline/report_sections.h"
#include "pipeline/scored_split.h"
#include "pipeline/training_set_stage.h"
#include "pupil/edge/events.h"
#include "report/page.h"

namespace pupil::pipeline {
namespace {

using student::SetSplit;
using student::TrainingSet;

std::filesystem::path find_model(const Project& project, const EvaluateStageOptions& options) {
  if (!options.model.empty()) return options.model;
  const std::filesystem::path folder = project.dir / "model";
  const std::filesystem::path named = folder / concat(project.name, ".pupil");
  if (std::filesystem::exists(named)) return named;
  std::vector<std::filesystem::path> models;
  if (std::filesystem::is_directory(folder)) models = folder_entries(folder);
  std::erase_if(models, [](const std::filesystem::path& file) { return file.extension() != ".pupil"; });
  if (models.size() == 1) return models.front();
  const char* advice = models.empty()
                           ? ": no exported model yet (pupil export makes it)"
                           : ": several models, and none has the project's name; say which with --model";
  throw Error(concat(folder.string(), advice));
}

void require_fit(const TrainingSet& set, const edge::Model& model, const std::filesystem::path& path) {
  std::vector<std::string> known;
  for (std::int32_t k = 0; k < model.class_count(); ++k) known.emplace_back(model.label(k));
  const std::string difference = class_difference(known, set.class_names());
  if (!difference.empty())
    throw Error(concat(path.string(), ": the model knows other classes than the labels: ", difference,
                       ": pupil train, pupil export"));
  if (!model.find_metadata("reported_classes").empty() &&
      edge::reported_class_count(model) != set.reported_class_count())
    throw Error(concat(path.string(), ": the model reports ", edge::reported_class_count(model),
                       " of its classes, pupil.toml ", set.reported_class_count(),
                       ": pupil train, pupil export"));
  if (model.front_end().sample_rate_hz != student::kTrainingRateHz)
    throw Error(concat(path.string(), ": the model takes ", model.front_end().sample_rate_hz,
                       " Hz, projects have ", student::kTrainingRateHz));
  if (edge::frame_count(model.front_end(), set.window_samples()) != model.window_frames())
    throw Error(
        concat(path.string(), ": the model takes windows of ", model.window_frames(),
               " frames, the project's ([window] length_s) have another length: pupil train, pupil export"));
}

class EvaluationRun {
 public:
  EvaluationRun(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                const EvaluateStageOptions& options)
      : project_(project),
        catalogue_(catalogue),
        store_(store),
        options_(options),
        chain_(require_labels(project, catalogue)),
        prepared_(prepare_training_set(project, catalogue, store, project.train.embedding > 0)),
        set_(prepared_.set),
        path_(find_model(project, options)),
        file_(path_.string()),
        network_(file_.model()) {
    require_fit(set_, file_.model(), path_);
    const std::string_view learned = file_.model().find_metadata("label_config_sha256");
    if (!learned.empty() && learned != chain_.label.hash)
      note(
          "The model was trained on other labels than pupil.toml asks for now; it is compared with the present ones.");
    student_ = project.dir / "train" / "student.safetensors";
    const std::string_view exported = file_.model().find_metadata("checkpoint_sha256");
    if (!std::filesystem::exists(student_)) {
      note("There is no float student beside the model: only the int8 one is measured.");
      student_.clear();
    } else if (!exported.empty() && sha256_file(student_) != exported) {
      note(
          "The model was exported from another student than train/student.safetensors: only the int8 one is measured.");
      student_.clear();
    }
  }

  EvaluationReport run() {
    test_ = score(SetSplit::test);
    val_ = score(SetSplit::val);
    score_data();
    say_what_is_missing();
    report_.model = path_;
    report_.model_bytes = std::ssize(file_.model().file());
    Json& json = report_.json;
    json.set("project", project_.name);
    json.set("made_by", std::string(program_name()));
    json.set("config_sha256", sha256_file(project_.dir / "pupil.toml"));
    json.set("classes", Json(set_.class_names()));
    json.set("reported_classes", set_.reported_class_count());
    json.set("retained", Json());  // here for people; filled in below
    json.set("model", model_json(file_.model(), path_));
    add_splits(&json);
    add_any_class(&json);
    if (file_.model().find_metadata("calibration").empty())
      note("The model was exported without calibration.");
    json.set("calibration", calibration_figures(set_, file_.model(), judged(), judged_name(), val_));
    add_noise(&json);
    add_microphones(&json);
    json.set("false_alarms", false_alarms_json());
    json.set("confusions", confusions_.json(set_.class_names()));
    json.set("collection", collection_json(catalogue_, chain_));
    json.set("separation", separation_json(catalogue_, chain_));
    json.set("labelling", labelling_json(project_, catalogue_, chain_));
    json.set("training", training_json(project_));
    json.set("comparison", comparison_json(project_));
    report::Media media;
    json.set("examples", report_examples(catalogue_, store_, prepared_, chain_, &media));
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
    if (!test_.empty()) return;
    if (project_.separate.mode == "separated")
      note(
          "Only separated views are labelled, and a device gets originals: [separate] mode = \"both\" gives "
          "something to judge by.");
    else if (val_.empty())
      note("There are neither test nor validation recordings: the student is not judged.");
    else
      note("There are no test recordings: figures are those of validation recordings.");
  }

  ScoredSplit score(SetSplit split) {
    return score_project_split(project_, catalogue_, prepared_, split, network_, student_);
  }

  // The split that figures of one split are taken from.
  const ScoredSplit& judged() const { return test_.empty() ? val_ : test_; }
  const char* judged_name() const { return test_.empty() ? "val" : "test"; }

  void add_splits(Json* json) {
    Json splits = Json(Json::Object());
    for (const auto& [name, scored] :
         {std::pair<const char*, const ScoredSplit&>{"test", test_}, {"val", val_}}) {
      if (scored.empty()) continue;
      const evaluation::SplitFigures figures = evaluation::measure_split(set_, scored.windows, scored.clips);
      splits.set(name, evaluation::split_json(figures, set_.class_names()));
      if (&scored == &judged()) headline(figures);
    }
    if (data_) splits.set("data", data_->split);
    json->set("splits", splits);
  }

  void score_data() {
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
    report_.judged_classes = judged_classes(*chosen);
    if (report_.judged_classes.size() == 1)
      note(concat("What was retained is not known: all ", report_.clip_count, " ", report_.split,
                  " clips are of one class, ", report_.judged_classes.front(),
                  ". Recordings of other sounds give something to judge by."));
    if (!report_.against_truth && !(truth && truth->class_count < 2))
      note(
          "No test clip has a given label that names a class: the student is measured by how often it "
          "decides "
          "as the teacher does.");
    Json retained;
    retained.set("measure", report_.against_truth ? "accuracy over the teacher's, against given labels"
                                                  : "agreement with the teacher");
    retained.set("split", report_.split);
    retained.set("clips", report_.clip_count);
    retained.set("recordings", chosen->recording_count);
    retained.set("judged_classes", Json(report_.judged_classes));
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

  // Those that occur in the reference.
  std::vector<std::string> judged_classes(const evaluation::ReferenceFigures& figures) const {
    std::vector<std::string> names;
    for (std::size_t k = 0; k < figures.int8.classes.size(); ++k) {
      if (figures.int8.classes[k].figures.truth_count > 0) names.push_back(set_.class_names()[k]);
    }
    return names;
  }

  void add_any_class(Json* json) {
    Json all = Json(Json::Object());
    const bool one_of_k = file_.model().score_kind() == edge::ScoreKind::softmax;
    const auto add = [&](const char* name, const ScoredSplit& scored) {
      const auto figures = evaluation::measure_any_class(scored.clips, scored.any, set_.class_count(),
                                                         set_.reported_class_count(), one_of_k);
      if (figures) all.set(name, evaluation::any_class_json(*figures));
    };
    add("test", test_);
    add("val", val_);
    add("val_and_test", joined_clips(val_, test_));
    if (data_ && !data_->any_class.is_null()) all.set("data", data_->any_class);
    json->set("any_class", all.as_object().empty() ? Json() : all);
  }

  void add_noise(Json* json) {
    const ScoredSplit& scored = judged();
    const auto figures =
        evaluation::measure_noise(set_, scored.windows, scored.clips, val_.windows, network_);
    json->set("noise", figures ? evaluation::noise_json(*figures) : Json());
  }

  void add_microphones(Json* json) {
    if (options_.microphones.empty()) return;
    const ScoredSplit& scored = judged();
    const auto figures = evaluation::measure_microphones(
        set_, scored.windows, scored.clips, load_impulse_responses(options_.microphones), network_);
    json->set("microphones", figures ? evaluation::microphones_json(*figures) : Json());
  }

  // On the part of the bank that nothing learned from and no threshold was chosen by.
  void add_bank_alarms(Json* list) {
    const edge::Model& model = file_.model();
    std::vector<std::size_t> groups;
    const evaluation::NegativeStream stream =
        evaluation::stream_negatives(model, negative_audio(project_, catalogue_, chain_, corpus::Split::test,
                                                           model.front_end().sample_rate_hz, &groups));
    if (stream.duration_s <= 0) return;
    for (const edge::Event& event : evaluation::list_events(model, stream)) {
      const std::size_t clip = stream.clip_at((event.start_samples + event.end_samples) / 2);
      confusions_.add(teacher::broad_groups()[groups[clip]].sound,
                      static_cast<std::size_t>(event.class_index), 1);
    }
    const std::string name =
        concat("bank of negatives, ", readable_seconds(stream.unique_s), " in many versions");
    list->push_back(
        evaluation::alarms_json(evaluation::stream_alarms(model, stream, name), set_.class_names()));
  }

  Json false_alarms_json() {
    Json list = Json(Json::Array());
    std::map<std::int32_t, std::vector<std::int64_t>> by_sound;
    const auto others = alarms_of_other_sounds(set_, judged(), file_.model(),
                                               concat(judged_name(), " clips of other sounds"), &by_sound);
    if (others) list.push_back(evaluation::alarms_json(*others, set_.class_names()));
    const std::vector<SoundClass> named = project_.named_classes();
    for (const auto& [sound, counts] : by_sound) {
      if (static_cast<std::size_t>(sound) >= named.size()) continue;  // "none of these" has no words
      for (std::size_t k = 0; k < counts.size(); ++k)
        confusions_.add(named[static_cast<std::size_t>(sound)], k, counts[k]);
    }
    add_bank_alarms(&list);
    if (data_ && !data_->false_alarms.is_null()) list.push_back(data_->false_alarms);
    for (const std::string& path : options_.long_files) {
      const evaluation::AlarmFigures figures =
          score_long_recording(file_.model(), path, set_.reported_class_count(),
                               [&](const std::string& given) { return project_.class_of(given); });
      list.push_back(evaluation::alarms_json(figures, set_.class_names()));
    }
    return list.as_array().empty() ? Json() : list;
  }

  void write(const report::Media& media) {
    const std::filesystem::path folder = project_.dir / "report";
    make_folders(folder);
    report_.json_path = folder / "report.json";
    write_whole(report_.json_path, report_.json.dump(2) + "\n");
    if (!options_.page) return;
    report_.page = folder / "index.html";
    const demo::Modules modules = demo::modules();
    const std::string package = demo::package_script();
    write_whole(report_.page,
                report::page(report_.json, media, {file_.model().file(), modules.simd, package}));
  }

  const Project& project_;
  corpus::Catalogue& catalogue_;
  const corpus::Store& store_;
  const EvaluateStageOptions& options_;
  ConfigChain chain_;
  PreparedSet prepared_;
  const TrainingSet& set_;
  std::filesystem::path path_;
  device::ModelFile file_;
  evaluation::DeviceNetwork network_;
  std::filesystem::path student_;  // empty: none
  ScoredSplit test_, val_;
  std::optional<LabelledDataFigures> data_;
  std::vector<std::string> notes_;
  Confusions confusions_;
  EvaluationReport report_;
};

// Over all that decides report.json but the machine.
std::string inputs_hash(const Project& project, corpus::Catalogue& catalogue,
                        const std::filesystem::path& model, const EvaluateStageOptions& options) {
  Sha256 hash;
  const auto add = [&](std::string_view text) { hash.update(concat(text.size(), " ", text, "\n")); };
  add(revision());  // another program may measure otherwise
  add(sha256_file(model));
  for (const auto& file : {project.dir / "pupil.toml", project.dir / "train" / "student.safetensors",
                           project.dir / "compare" / "comparison.json"}) {
    add(std::filesystem::exists(file) ? sha256_file(file) : "");
  }
  add(find_config_chain(project, catalogue).label.hash);
  // Verdicts on test windows are in no label configuration and no student.
  add(outline_training_set(project, catalogue, false).test_hash);
  for (const std::string& file : options.long_files) add(file);
  for (const corpus::Source& source : options.data) add(source.name);
  add(concat(options.data.empty() ? 0.0 : options.data_hop_s, options.page ? "" : " no page"));
  return hash.hex();
}

Json summary_json(const EvaluationReport& report) {
  Json json;
  json.set("page", report.page.string());
  json.set("report", report.json_path.string());
  json.set("against_truth", report.against_truth);
  json.set("split", report.split);
  json.set("clips", report.clip_count);
  json.set("judged_classes", Json(report.judged_classes));
  json.set("retained", report.retained);
  json.set("retained_low", report.retained_low);
  json.set("retained_high", report.retained_high);
  return json;
}

}  // namespace

EvaluationReport run_evaluate_stage(const Project& project, corpus::Catalogue& catalogue,
                                    const corpus::Store& store, const EvaluateStageOptions& options) {
  require_labels(project, catalogue);
  corpus::StageRun run(catalogue, "evaluate", options.record, 0,
                       inputs_hash(project, catalogue, find_model(project, options), options));
  const auto start = std::chrono::steady_clock::now();
  EvaluationReport report = EvaluationRun(project, catalogue, store, options).run();
  run.set_work("models", 1, start);
  run.finish(summary_json(report));
  return report;
}

bool evaluation_is_current(const Project& project, corpus::Catalogue& catalogue) {
  const std::filesystem::path folder = project.dir / "report";
  if (!std::filesystem::exists(folder / "report.json") || !std::filesystem::exists(folder / "index.html"))
    return false;
  const auto run = corpus::latest_finished_run(catalogue, "evaluate");
  const std::filesystem::path model = model_path(project);
  return run && std::filesystem::exists(model) &&
         run->inputs_hash == inputs_hash(project, catalogue, model, {});
}

std::string evaluation_text(const EvaluationReport& report) {
  std::string text = report_text(report.json);
  text += concat("report: ", report.page.empty() ? report.json_path.string() : report.page.string(), "\n");
  return text;
}

}  // namespace pupil::pipeline
