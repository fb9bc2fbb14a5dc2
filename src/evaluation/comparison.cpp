// SPDX-License-Identifier: Apache-2.0
// The rows of one table. A variant is a change to [train] and nothing else, trained per seed in a folder of
// its own, where a comparison that was killed goes on.
//
// 1. All rows are judged by judge(), on the clips of the test split with a given class, and no setting is
//    chosen there: baselines choose theirs among the windows that train.
// 2. "int8 after training" is the same student with the float weights folded in place of the relearned ones,
//    the ranges kept: what quantisation-aware training is worth.
// 3. Labels in a table that is only scored are not read: windows without one get 0 there (add_rows()).

#include "evaluation/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "deploy/quantised_network.h"
#include "evaluation/baselines/baselines.h"
#include "evaluation/baselines/mfcc.h"
#include "evaluation/device_network.h"
#include "metrics/calibration.h"
#include "metrics/confusion.h"
#include "metrics/decisions.h"
#include "student/backbone.h"
#include "student/learned_windows.h"
#include "student/model_image.h"
#include "student/quantisation.h"
#include "student/scoring.h"
#include "student/student_file.h"
#include "teacher/linear_head.h"
#include "teacher/prototypes.h"
#include "teacher/zero_shot.h"

namespace pupil::evaluation {
namespace {

/// A way of training the student's network or another.
struct Variant {
  std::string name;
  std::string about;
  void (*change)(TrainSection& train);
  bool ablation = false;  ///< of --separated
};

void hard_labels_alone(TrainSection& train) {
  train.alpha = 1.0;
  train.embedding = 0.0;
  train.doubtful = train.use_given_labels = false;
}

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all = {
      {"distilled", "the student as configured", [](TrainSection&) {}},
      {"hard", "the same network, the teacher's hard labels alone", hard_labels_alone},
      {"given", "the same network, given labels alone, no teacher",
       [](TrainSection& train) {
         hard_labels_alone(train);
         train.use_given_labels = true;
         train.init = student::kNoBackbone;  // a backbone has learned from a teacher
       }},
      {"both", "the same network, given labels and the teacher's soft targets",
       [](TrainSection& train) {
         train.use_given_labels = true;
         train.alpha = std::max(train.alpha, 0.5);
       }},
      {"plain", "a plain mel-CNN, the teacher's hard labels",
       [](TrainSection& train) {
         hard_labels_alone(train);
         train.blocks.clear();
         train.body = "plain";
         train.init = student::kNoBackbone;
       }},
      {"original", "the student, original views alone", [](TrainSection& train) { train.views = "original"; },
       true},
      {"separated", "the student, separated views alone",
       [](TrainSection& train) { train.views = "separated"; }, true},
  };
  return all;
}

constexpr std::string_view kBaselines = "baselines", kGeneral = "general";

// Another seed of the row: `right` becomes the mean of all so far.
void count_right(std::span<const std::int32_t> truth, std::span<const std::int32_t> decided,
                 ComparisonRow* row) {
  row->right.resize(truth.size());
  const auto seeds = static_cast<double>(row->accuracy.size());
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double now = truth[i] == decided[i] ? 1.0 : 0.0;
    row->right[i] += (now - row->right[i]) / seeds;
  }
}

// A logit that loses against all others.
constexpr float kNeverCalled = -100;

// Per class the largest of the outputs that mean it.
std::vector<float> named_scores(std::span<const float> logits,
                                std::span<const std::vector<std::int32_t>> outputs) {
  std::vector<float> scores;
  for (const std::vector<std::int32_t>& of_class : outputs) {
    float largest = kNeverCalled;
    for (const std::int32_t output : of_class)
      largest = std::max(largest, logits[static_cast<std::size_t>(output)]);
    scores.push_back(largest);
  }
  return scores;
}

double mean_at(std::span<const double> values, std::span<const std::size_t> items) {
  double sum = 0;
  for (const std::size_t i : items) sum += values[i];
  return sum / static_cast<double>(items.size());
}

void judge(const student::TrainingSet& set, std::span<const std::int64_t> windows,
           std::span<const float> scores, double teacher_accuracy, ComparisonRow* row) {
  const student::ClipTable clips = student::decide_clips(set, windows, scores);
  const metrics::ConfusionMatrix confusion(clips.truth, metrics::decide(clips.scores, set.class_count()),
                                           set.class_count());
  row->accuracy.push_back(confusion.accuracy());
  count_right(clips.truth, metrics::decide(clips.scores, set.class_count()), row);
  row->balanced_accuracy.push_back(confusion.balanced_accuracy());
  row->macro_f1.push_back(confusion.macro_f1());
  const auto [lowest, highest] = std::ranges::minmax(clips.truth);
  row->retained.push_back(lowest == highest ? std::nan("") : confusion.accuracy() / teacher_accuracy);
}

class Comparing {
 public:
  Comparing(const student::TrainingSet& set, const ComparisonOptions& options)
      : set_(set), options_(options), test_(student::windows_of(set, student::SetSplit::test)) {
    for (const std::string& name : options.only) check_name(name);
  }

  Comparison run() {
    require_learnable(set_, options_.train);
    measure_teacher();
    for (const Variant& variant : variants()) {
      if (wanted(variant.name, variant.ablation)) measure_variant(variant);
    }
    if (wanted(kGeneral, false)) {
      for (const GeneralBaseline& baseline : options_.general) measure_general(baseline);
    }
    if (wanted(kBaselines, false)) measure_baselines();
    for (ComparisonRow& row : comparison_.rows) {
      if (row.right.empty()) continue;
      row.interval = metrics::bootstrap(comparison_.recordings, [&](std::span<const std::size_t> clips) {
        return mean_at(row.right, clips);
      });
    }
    return std::move(comparison_);
  }

 private:
  static void check_name(const std::string& name) {
    const std::vector<std::string> names = comparison_names();
    const std::vector<std::string_view> views(names.begin(), names.end());
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    throw Error(concat("there is no row '", name, "' to compare", did_you_mean(name, views)));
  }

  bool wanted(std::string_view name, bool ablation) const {
    if (options_.only.empty()) return !ablation || options_.separated;
    return std::find(options_.only.begin(), options_.only.end(), name) != options_.only.end();
  }

  void measure_teacher() {
    std::vector<float> scores;
    for (const std::int64_t index : test_) {
      const std::span<const float> soft = set_.soft(index);
      scores.insert(scores.end(), soft.begin(), soft.end());
    }
    const student::ClipTable clips = student::decide_clips(set_, test_, scores);
    if (clips.truth.empty())
      throw Error("no test clip has a given class: there is nothing to measure against");
    teacher_accuracy_ = student::clip_accuracy(clips, set_.class_count());
    comparison_.clip_count = std::ssize(clips.truth);
    comparison_.recordings.assign(clips.recordings.begin(), clips.recordings.end());
    ComparisonRow row;
    row.name = "teacher";
    row.about = "what the student learns from";
    row.bytes = options_.teacher_bytes;
    judge(set_, test_, scores, teacher_accuracy_, &row);
    comparison_.rows.push_back(std::move(row));
  }

  void measure_variant(const Variant& variant) {
    ComparisonRow as_float{concat(variant.name, ", float"), variant.about, {}, {}, {}, {}};
    ComparisonRow measured_only{
        concat(variant.name, ", int8 after training"), "ranges measured, nothing relearned", {}, {}, {}, {}};
    ComparisonRow as_int8{concat(variant.name, ", int8"), variant.about, {}, {}, {}, {}};
    for (std::int64_t i = 0; i < options_.seeds; ++i) {
      const student::Student student = train(variant, options_.train.seed + i);
      add_float(student, &as_float);
      add_device(student, &as_int8);
      student::Student unlearned = student;
      unlearned.quantised = student::fold(*student::make_mel_cnn(student));
      add_device(unlearned, &measured_only);
    }
    comparison_.rows.push_back(std::move(as_float));
    if (variant.name == "distilled") comparison_.rows.push_back(std::move(measured_only));
    comparison_.rows.push_back(std::move(as_int8));
  }

  student::Student train(const Variant& variant, std::int64_t seed) const {
    student::TrainerOptions trainer;
    trainer.train = options_.train;
    variant.change(trainer.train);
    trainer.train.seed = seed;
    trainer.folder = options_.folder / concat(variant.name, "-seed", seed);
    if (!options_.trained.empty() &&
        student::training_state(set_, trainer.train, options_.trained, options_.responses).finished) {
      trainer.folder = options_.trained;
    }
    trainer.responses = options_.responses;
    trainer.progress = options_.progress;
    log_info(concat("comparing: ", variant.about, ", seed ", seed));
    return student::load_student(student::train_student(set_, trainer).student);
  }

  void add_float(const student::Student& student, ComparisonRow* row) const {
    const auto net = student::make_mel_cnn(student);
    student::WindowScorer scorer(*net, student.front_end, student.scale);
    std::vector<float> logits = scorer.logits(set_, test_);
    add_scores(student, logits, row);
    row->bytes = student::network_cost(student.network, 1).parameters * 4;
    row->macs_per_window = static_cast<double>(student::network_cost(student.network, 1).macs_per_window);
  }

  void add_device(const student::Student& student, ComparisonRow* row) const {
    const deploy::QuantisedNetwork exported(student::make_model_image(student));
    DeviceNetwork network(exported.model());
    add_scores(student, device_logits(network), row);
    row->bytes = std::ssize(exported.file());
    row->macs_per_window = static_cast<double>(exported.model().macs());
    row->window_s = network.window_s();
  }

  // [test windows, K]
  std::vector<float> device_logits(DeviceNetwork& network) const {
    std::vector<float> audio(static_cast<std::size_t>(set_.window_samples())), all;
    for (const std::int64_t index : test_) {
      set_.read_window(set_.windows()[static_cast<std::size_t>(index)], 0, audio);
      const std::span<const float> logits = network.logits(audio);
      all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
  }

  void add_scores(const student::Student& student, std::vector<float> logits, ComparisonRow* row) const {
    if (student.multi_label) {
      for (float& x : logits) x = 1.0F / (1.0F + std::exp(-x));
    } else {
      logits = metrics::softmax(logits, set_.class_count());
    }
    judge(set_, test_, logits, teacher_accuracy_, row);
  }

  // What the teacher accepted of the train split.
  std::vector<std::int64_t> learned_windows() const {
    std::vector<std::int64_t> learned;
    for (const std::int64_t index : student::windows_of(set_, student::SetSplit::train)) {
      const student::TrainingWindow& window = set_.windows()[static_cast<std::size_t>(index)];
      if (window.verdict == student::SetVerdict::accepted && window.label >= 0) learned.push_back(index);
    }
    return learned;
  }

  void measure_general(const GeneralBaseline& baseline) {
    ComparisonRow row;
    row.name = baseline.name;
    row.about = "a general model whose weights are not here";
    if (baseline.model == nullptr) return comparison_.rows.push_back(std::move(row));
    row.bytes = baseline.model->file_bytes();
    row.macs_per_window = static_cast<double>(baseline.model->macs());
    row.window_s = baseline.model->patch_s();
    const std::vector<std::int64_t> learned = learned_windows();
    Progress progress(concat("comparing: ", baseline.name), std::ssize(learned) + std::ssize(test_),
                      "windows");
    const GeneralWindows train = run_general(*baseline.model, learned, &progress);
    const GeneralWindows test = run_general(*baseline.model, test_, &progress);
    progress.finish();
    if (!baseline.outputs.empty()) add_named_rows(baseline, train, test, row);
    add_head_row(learned, train, test, row);
  }

  /// What a general model makes of windows.
  struct GeneralWindows {
    WindowTable embeddings;
    std::vector<std::vector<float>> logits;
  };

  GeneralWindows run_general(const general::GeneralModel& model, std::span<const std::int64_t> windows,
                             Progress* progress) const {
    GeneralWindows result;
    std::vector<float> audio(static_cast<std::size_t>(set_.window_samples()));
    for (const std::int64_t index : windows) {
      const student::TrainingWindow& window = set_.windows()[static_cast<std::size_t>(index)];
      set_.read_window(window, 0, audio);
      general::GeneralOutput output = model.forward(audio);
      result.embeddings.feature_count = static_cast<std::int32_t>(output.embedding.size());
      result.embeddings.class_count = set_.class_count();
      result.embeddings.add(output.embedding, std::max(window.label, 0),
                            set_.clips()[static_cast<std::size_t>(window.clip)].recording);
      result.logits.push_back(std::move(output.logits));
      progress->advance();
    }
    return result;
  }

  // By names alone, no training: per class the likeliest output that means it; and the same after the mean and spread of
  // each class over the training windows are taken out, as it is done for a tagger that teaches.
  void add_named_rows(const GeneralBaseline& baseline, const GeneralWindows& train,
                      const GeneralWindows& test, const ComparisonRow& costs) {
    teacher::ScoreStandardiser standardiser(set_.class_count());
    for (const std::vector<float>& logits : train.logits)
      standardiser.add(named_scores(logits, baseline.outputs));
    std::vector<float> plain, standardised;
    for (const std::vector<float>& logits : test.logits) {
      const std::vector<float> scores = named_scores(logits, baseline.outputs);
      for (const float score : scores) plain.push_back(1.0F / (1.0F + std::exp(-score)));
      std::vector<float> freed = standardiser.standardised(scores);
      for (std::size_t k = 0; k < freed.size(); ++k)
        if (baseline.outputs[k].empty()) freed[k] = kNeverCalled;
      const std::vector<float> soft = teacher::soft_target(freed);
      standardised.insert(standardised.end(), soft.begin(), soft.end());
    }
    add_general_row(costs, ", names", "its own classes by their names, no training", plain);
    add_general_row(costs, ", names standardised", "the same with each class's mean and spread taken out",
                    standardised);
  }

  // A linear head on the standardised embedding, of length 1, from the teacher's soft targets: the same that verdicts teach.
  void add_head_row(std::span<const std::int64_t> learned, const GeneralWindows& train,
                    const GeneralWindows& test, ComparisonRow costs) {
    const teacher::EmbeddingScale scale =
        teacher::EmbeddingScale::measure(train.embeddings.features, train.embeddings.feature_count);
    const std::vector<float> rows = unit_rows(scale, train.embeddings);
    std::vector<float> targets;
    for (const std::int64_t index : learned) {
      const std::span<const float> soft = set_.soft(index);
      targets.insert(targets.end(), soft.begin(), soft.end());
    }
    const std::vector<float> alike(learned.size(), 1.0F);
    const teacher::LinearHead head = teacher::fit_head(rows, targets, alike, set_.class_count());
    const std::vector<float> test_rows = unit_rows(scale, test.embeddings);
    const auto width = static_cast<std::size_t>(train.embeddings.feature_count);
    std::vector<float> scores(test_.size() * static_cast<std::size_t>(set_.class_count()));
    for (std::size_t n = 0; n < test_.size(); ++n)
      head.posterior(std::span(test_rows).subspan(n * width, width),
                     std::span(scores).subspan(n * static_cast<std::size_t>(set_.class_count()),
                                               static_cast<std::size_t>(set_.class_count())));
    const std::size_t numbers = head.weights.size() + 2 * width;  // and the mean and spread of each value
    costs.bytes += static_cast<std::int64_t>(numbers * sizeof(float));
    costs.macs_per_window += static_cast<double>(head.weights.size());
    add_general_row(costs, ", head", "a linear head on its embedding, the teacher's soft targets", scores);
  }

  static std::vector<float> unit_rows(const teacher::EmbeddingScale& scale, const WindowTable& table) {
    std::vector<float> rows = table.features;
    const auto width = static_cast<std::size_t>(table.feature_count);
    for (std::size_t n = 0; n < table.window_count(); ++n)
      scale.apply(std::span(rows).subspan(n * width, width));
    return rows;
  }

  void add_general_row(ComparisonRow row, std::string_view ending, std::string about,
                       std::span<const float> scores) {
    row.name += ending;
    row.about = std::move(about);
    judge(set_, test_, scores, teacher_accuracy_, &row);
    comparison_.rows.push_back(std::move(row));
  }

  void measure_baselines() {
    log_info("comparing: classical baselines on the teacher's hard labels");
    BaselineData data;
    data.teacher_bytes = options_.teacher_bytes;
    const edge::LogMelOptions front_end = student::front_end_options(options_.train);
    student::FrontEnd frames(front_end);
    const MfccStatistics mfcc(front_end.mel_count, std::min(kMfccCoefficients, front_end.mel_count));
    for (BaselineWindows* windows : {&data.mfcc, &data.embedding}) {
      const std::int32_t width = windows == &data.mfcc ? mfcc.feature_count() : set_.embedding_size();
      for (WindowTable* table : {&windows->train, &windows->test}) {
        table->feature_count = width;
        table->class_count = set_.class_count();
      }
    }
    const std::vector<std::int64_t> learned = learned_windows();
    add_rows(learned, mfcc, frames, &data.mfcc.train, &data.embedding.train);
    add_rows(test_, mfcc, frames, &data.mfcc.test, &data.embedding.test);
    if (set_.embedding_size() == 0) data.embedding = {};
    for (const BaselineResult& result : run_baselines(data)) {
      ComparisonRow row;
      row.name = result.name;
      row.about = result.settings;
      row.bytes = result.packed_bytes;
      row.window_s = result.window_s;
      judge(set_, test_, result.test_scores, teacher_accuracy_, &row);
      comparison_.rows.push_back(std::move(row));
    }
  }

  void add_rows(std::span<const std::int64_t> windows, const MfccStatistics& mfcc,
                student::FrontEnd& front_end, WindowTable* features, WindowTable* embeddings) const {
    const auto mels = static_cast<std::size_t>(options_.train.mel_count);
    std::vector<float> audio(static_cast<std::size_t>(set_.window_samples()));
    std::vector<float> frames(static_cast<std::size_t>(front_end.frame_count(set_.window_samples())) * mels);
    std::vector<float> row(static_cast<std::size_t>(mfcc.feature_count()));
    for (const std::int64_t index : windows) {
      const student::TrainingWindow& window = set_.windows()[static_cast<std::size_t>(index)];
      const std::int64_t recording = set_.clips()[static_cast<std::size_t>(window.clip)].recording;
      set_.read_window(window, 0, audio);
      front_end.run(audio, frames);
      mfcc.write(frames, row);
      features->add(row, std::max(window.label, 0), recording);
      if (set_.embedding_size() > 0)
        embeddings->add(set_.embedding(index), std::max(window.label, 0), recording);
    }
  }

  const student::TrainingSet set_;
  const ComparisonOptions options_;
  const std::vector<std::int64_t> test_;
  double teacher_accuracy_ = 0;
  Comparison comparison_;
};

struct Spread {
  double mean = 0;
  double deviation = 0;  // over seeds; 0 with one
};

Spread spread_of(const std::vector<double>& values) {
  Spread spread;
  for (const double x : values) spread.mean += x / static_cast<double>(values.size());
  for (const double x : values) spread.deviation += (x - spread.mean) * (x - spread.mean);
  spread.deviation =
      values.size() > 1 ? std::sqrt(spread.deviation / static_cast<double>(values.size() - 1)) : 0.0;
  return spread;
}

std::string share(const std::vector<double>& values) {
  if (values.empty()) return "–";
  const Spread spread = spread_of(values);
  if (std::isnan(spread.mean)) return "–";
  return values.size() > 1 ? concat(fixed(100 * spread.mean, 1), "±", fixed(100 * spread.deviation, 1))
                           : fixed(100 * spread.mean, 1);
}

}  // namespace

std::vector<std::string> comparison_names() {
  std::vector<std::string> names;
  for (const Variant& variant : variants()) names.push_back(variant.name);
  names.emplace_back(kGeneral);
  names.emplace_back(kBaselines);
  return names;
}

metrics::Interval accuracy_gain(const Comparison& comparison, const ComparisonRow& ours,
                                const ComparisonRow& other) {
  return metrics::bootstrap(comparison.recordings, [&](std::span<const std::size_t> clips) {
    return mean_at(ours.right, clips) - mean_at(other.right, clips);
  });
}

Comparison compare(const student::TrainingSet& set, const ComparisonOptions& options) {
  return Comparing(set, options).run();
}

std::string comparison_text(const Comparison& comparison) {
  std::string text = concat(
      "| ", comparison.clip_count,
      " test clips | accuracy % | 95 % interval | macro F1 % | retained % | size | MMAC/window | ms/window |\n"
      "|---|---|---|---|---|---|---|---|\n");
  for (const ComparisonRow& row : comparison.rows) {
    const std::string macs = row.macs_per_window > 0 ? fixed(row.macs_per_window * 1e-6, 2) : "";
    const std::string time = row.window_s > 0 ? fixed(row.window_s * 1e3, 3) : "";
    const std::string interval = row.accuracy.empty() ? std::string("weights not here")
                                                      : concat(fixed(100 * row.interval.low, 1), " to ",
                                                               fixed(100 * row.interval.high, 1));
    text += concat("| ", row.name, " | ", share(row.accuracy), " | ", interval, " | ", share(row.macro_f1),
                   " | ", share(row.retained), " | ", row.bytes > 0 ? readable_bytes(row.bytes) : "", " | ",
                   macs, " | ", time, " |\n");
  }
  return text;
}

Json comparison_json(const Comparison& comparison) {
  Json rows = Json(Json::Array());
  for (const ComparisonRow& row : comparison.rows) {
    Json json;
    json.set("name", row.name);
    json.set("about", row.about);
    json.set("accuracy", Json(row.accuracy));
    json.set("low", row.interval.low);
    json.set("high", row.interval.high);
    json.set("balanced_accuracy", Json(row.balanced_accuracy));
    json.set("macro_f1", Json(row.macro_f1));
    json.set("retained", Json(row.retained));
    json.set("bytes", row.bytes);
    json.set("macs_per_window", row.macs_per_window);
    json.set("window_s", row.window_s);
    rows.push_back(json);
  }
  Json json;
  json.set("test_clips", comparison.clip_count);
  json.set("rows", rows);
  return json;
}

}  // namespace pupil::evaluation
