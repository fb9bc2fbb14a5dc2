// SPDX-License-Identifier: Apache-2.0
// The training loop of src/training with what belongs to a tagger.
//
// 1. What labelling reads of a tagger are logits, standardised per class over a corpus. The loss reads them the same way,
//    with the mean and deviation that the tagger has over the examples before it learns anything. They are constants of the
//    training (and of its checkpoints): statistics that moved along would let a class win by shrinking its spread.
//    Labelling takes new ones of the tuned tagger, so that shift and scale of a class do not matter then.
// 2. Outputs that mean no class are held where the tagger had them on the very same audio, in units of their deviation: they
//    are what broad negatives and other projects read.
// 3. There is no batch norm left (efficientat_network.h): items do not see each other, so each goes through the network by
//    itself, whatever its length.

#include "pretrain/tagger_trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "pretrain/parameter_set.h"
#include "teacher/efficientat_features.h"
#include "teacher/zero_shot.h"
#include "training/training_loop.h"

namespace pupil::pretrain {
namespace {

constexpr std::int64_t kMeasuredSounds = 2048;
constexpr double kLeastLogitDeviation = 0.1;  // of a logit: one that never moves says nothing
constexpr std::array<std::string_view, 5> kLastLayers = {"features.13.", "features.14.", "features.15.",
                                                         "features.16.", "classifier."};

at::Tensor picture_of(const std::vector<float>& samples) {
  return teacher::efficientat_features(
      at::from_blob(const_cast<float*>(samples.data()), {1, std::ssize(samples)}, at::kFloat));
}

at::Tensor logits_of(const teacher::EfficientAtNetwork& network, const TaggerExample& example) {
  return network.forward(picture_of(float_samples(example.samples))).logits;
}

// The tagger's scores over the examples: what is standardised by.
struct Scale {
  at::Tensor class_mean, class_deviation;  // [K]
  at::Tensor output_deviation;             // [outputs]
};

class TaggerTask : public training::TrainingTask {
 public:
  TaggerTask(teacher::EfficientAtNetwork& network, const TaggerExamples& examples,
             const TaggerTrainerOptions& options)
      : original_(network),
        network_(network),
        examples_(examples),
        batches_(examples, options.batch),
        kept_weight_(options.kept_weight) {
    for (const auto& outputs : examples.mapping) mapping_.push_back(at::tensor(outputs, at::kLong));
    at::Tensor is_other = at::ones({network.class_count()}, at::kBool);
    for (const at::Tensor& outputs : mapping_) is_other.index_fill_(0, outputs, false);
    others_ = at::nonzero(is_other).flatten();
    take_weights(options.layers);
  }

  std::vector<training::ParameterGroup> groups() override { return {{"network", parameters_.values(), {}}}; }

  at::Tensor loss(std::int64_t step, training::StepMeans& means) override {
    std::vector<at::Tensor> tuned, original, targets;
    for (const TaggerBatchItem& item : batches_.draw(step)) {
      const at::Tensor picture = picture_of(item.samples);
      tuned.push_back(network_.forward(picture).logits);
      original.push_back(original_.forward(picture).logits);
      targets.push_back(at::tensor(item.target));
    }
    const at::Tensor logits = at::cat(tuned);
    const at::Tensor likely = at::log_softmax(standardised(logits) / teacher::kStandardisedTemperature, 1);
    const at::Tensor classes = -(at::stack(targets) * likely).sum(1).mean();
    const at::Tensor moved = (logits - at::cat(original)) / scale_.output_deviation;
    const at::Tensor kept = moved.index_select(1, others_).square().mean();
    means.add("class_loss", classes.item<double>());
    means.add("kept_loss", kept.item<double>());
    return classes + kept_weight_ * kept;
  }

  // What a checkpoint keeps beside the weights, by its names there.
  std::map<std::string, at::Tensor> constants() const {
    return {{"class_mean", scale_.class_mean},
            {"class_deviation", scale_.class_deviation},
            {"output_deviation", scale_.output_deviation}};
  }
  void set_constants(const std::map<std::string, at::Tensor>& constants) {
    scale_ = {constants.at("class_mean"), constants.at("class_deviation"), constants.at("output_deviation")};
  }

  void measure_scale(bool show_progress) {
    const at::NoGradGuard no_gradient;
    const auto count = static_cast<std::int64_t>(examples_.train.size());
    const std::int64_t measured = std::min(count, kMeasuredSounds);
    std::vector<at::Tensor> rows;
    std::optional<Progress> progress;
    if (show_progress) progress.emplace("scoring", measured, "examples");
    for (std::int64_t i = 0; i < measured; ++i) {
      const auto example = static_cast<std::size_t>(i * count / measured);
      rows.push_back(logits_of(original_, examples_.train[example]));
      if (progress) progress->advance();
    }
    const at::Tensor logits = at::cat(rows), scores = class_scores(logits);
    const auto deviation = [](const at::Tensor& values) {
      return values.std(0, false).clamp_min(kLeastLogitDeviation);
    };
    scale_ = {scores.mean(0), deviation(scores), deviation(logits)};
  }

  std::optional<double> agreement() const {
    const at::NoGradGuard no_gradient;
    double right = 0, count = 0;
    for (const TaggerExample& example : examples_.held_back) {
      if (example.target.empty()) continue;
      const at::Tensor scores = standardised(logits_of(network_, example));
      right += scores.argmax(1).item<std::int64_t>() == first_class(example.target) ? 1 : 0;
      ++count;
    }
    return count > 0 ? std::optional(right / count) : std::nullopt;
  }

  // The network's own tensors again, without gradients.
  void finish() {
    network_.visit_weights([](const std::string&, at::Tensor& weight) { weight = weight.detach().clone(); });
  }

 private:
  static bool learns(TaggerLayers layers, const std::string& name) {
    return layers == TaggerLayers::all ||
           std::ranges::any_of(kLastLayers, [&](std::string_view layer) { return name.starts_with(layer); });
  }

  // No weight decays: what holds the weights is what holds the outputs.
  void take_weights(TaggerLayers layers) {
    const auto visit_learning = [&](const auto& use) {
      network_.visit_weights([&](const std::string& name, at::Tensor& weight) {
        if (learns(layers, name)) use(name, weight);
      });
    };
    visit_learning([&](const std::string& name, at::Tensor& weight) {
      parameters_.add(name, weight.sizes().vec(), /*decays=*/false);
    });
    parameters_.allocate();
    const at::NoGradGuard no_gradient;
    visit_learning([&](const std::string& name, at::Tensor& weight) {
      at::Tensor leaf = parameters_[name];
      leaf.copy_(weight);
      weight = leaf;
    });
  }

  // [B, K], as teacher::mapped_scores() has them.
  at::Tensor class_scores(const at::Tensor& logits) const {
    std::vector<at::Tensor> scores;
    for (const at::Tensor& outputs : mapping_) scores.push_back(logits.index_select(1, outputs).amax(1));
    return at::stack(scores, 1);
  }
  at::Tensor standardised(const at::Tensor& logits) const {
    return (class_scores(logits) - scale_.class_mean) / scale_.class_deviation;
  }

  const teacher::EfficientAtNetwork original_;
  teacher::EfficientAtNetwork& network_;
  const TaggerExamples& examples_;
  const TaggerBatches batches_;
  const double kept_weight_;
  std::vector<at::Tensor> mapping_;  // [K] of output indices
  at::Tensor others_;                // outputs that mean no class
  ParameterSet parameters_;
  Scale scale_;
};

std::string configuration(const TaggerExamples& examples, const TaggerTrainerOptions& options) {
  Json json;
  json.set("layers", options.layers == TaggerLayers::all ? "all" : "last");
  json.set("steps", options.steps);
  json.set("learning_rate", options.learning_rate);
  json.set("warm_up", options.warm_up);
  json.set("average_memory", options.average_memory);
  json.set("kept_weight", options.kept_weight);
  json.set("batch", options.batch.example_count);
  json.set("mixup", options.batch.mixup);
  json.set("gain_db", options.batch.gain_db);
  json.set("seed", static_cast<std::int64_t>(options.batch.seed));
  json.set("weights_sha256", options.weights_sha256);
  json.set("examples_sha256", examples.sha256);
  return json.dump();
}

training::LoopOptions loop_options(const TaggerTrainerOptions& options) {
  training::LoopOptions loop;
  loop.folder = options.work;
  loop.checkpoint_s = options.checkpoint_s;
  loop.steps_per_line = 10;
  loop.stop_after_steps = options.stop_after_steps;
  if (options.progress) loop.label = "fine-tuning";
  loop.unit = "examples";
  loop.units_per_step = options.batch.example_count;
  loop.total_steps = options.steps;
  return loop;
}

training::PhaseOptions phase_options(const TaggerTrainerOptions& options) {
  training::PhaseOptions phase;
  phase.schedule = {options.learning_rate, options.warm_up * static_cast<double>(options.steps),
                    options.steps};
  phase.average_memory = options.average_memory;
  return phase;
}

void check(const TaggerExamples& examples) {
  const bool any = std::ranges::any_of(examples.train, [](const auto& one) { return !one.target.empty(); });
  if (!any) throw Error("nothing to fine-tune on: no example is of any class");
}

}  // namespace

TaggerTrainerResult train_tagger(teacher::EfficientAtNetwork& network, const TaggerExamples& examples,
                                 const TaggerTrainerOptions& options) {
  check(examples);
  training::LoopOptions loop = loop_options(options);
  loop.configuration = configuration(examples, options);
  const auto checkpoint = training::open_training(loop.folder, loop.configuration, options.fresh);
  TaggerTask task(network, examples, options);
  if (checkpoint)
    task.set_constants(checkpoint->tensors);
  else
    task.measure_scale(options.progress);
  loop.constants = task.constants();
  TaggerTrainerResult result;
  result.agreement_before = task.agreement();
  training::TrainingPhase phase(task, phase_options(options));
  if (checkpoint) phase.restore(*checkpoint);
  const training::LoopResult run = training::run_phase(phase, loop);
  result.finished = run.finished;
  result.steps = phase.step();
  result.examples_per_s = run.units_per_s;
  if (!run.finished) return result;
  phase.adopt_averages();
  result.agreement = task.agreement();
  task.finish();
  return result;
}

}  // namespace pupil::pretrain
