// SPDX-License-Identifier: Apache-2.0
// A MelCNN with the teacher's classes as its own head learns both targets at once; only the body is kept. The means of a
// line are over batches, the figures on what is held out are of the running average, which is what will be written.
#include "pretrain/backbone_trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "audio/resampler.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/text.h"
#include "metrics/ranking.h"
#include "student/mel_cnn.h"
#include "training/training_loop.h"

namespace pupil::pretrain {
namespace {

constexpr std::uint64_t kProjection = 0xBB3;
constexpr std::int64_t kTopClasses = 3;     // of the teacher: relevant to an example
constexpr std::int64_t kLeastRelevant = 5;  // examples, for a class to count
constexpr double kLeastProbability = 1e-4;  // of a class, where the head begins

// Standard normal over the root of the inputs.
at::Tensor initial_projection(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  at::Tensor weights = at::empty({rows, columns});
  CounterRandom random(seed, kProjection, 0, 0);
  auto* w = weights.data_ptr<float>();
  for (std::int64_t i = 0; i < rows * columns; ++i)
    w[i] = static_cast<float>(random.normal() / std::sqrt(static_cast<double>(columns)));
  return weights.requires_grad_();
}

at::Tensor cosine(const at::Tensor& a, const at::Tensor& b) {
  return at::cosine_similarity(a, b, 1, 1e-6);
}

// The MelCNN's own head scores the teacher's classes.
class BackboneTask : public training::TrainingTask {
 public:
  BackboneTask(const BackboneTrainerOptions& options, const BackboneBatches& batches, std::int64_t frames)
      : options_(options),
        batches_(batches),
        net_(student::make_network(options.blocks, static_cast<std::int32_t>(frames),
                                   options.front_end.mel_count,
                                   static_cast<std::int32_t>(batches.class_means().numel())),
             at::kCPU, options.batch.seed),
        projection_(
            initial_projection(batches.embedding_size(), net_.spec().feature_count(), options.batch.seed)) {
    begin_at_class_means();
  }

  std::vector<training::ParameterGroup> groups() override {
    return {{"network", net_.parameters(), net_.decay_mask()}, {"projection", projection_, {}}};
  }

  std::vector<nn::NamedTensor> statistics() override { return {{"statistics", net_.statistics()}}; }

  at::Tensor loss(std::int64_t step, training::StepMeans& means) override {
    const BackboneBatch batch = batches_.draw(step);
    const auto output = net_.forward(batch.features, true);
    const at::Tensor embedding = 1 - cosine(at::mm(output.features, projection_.t()), batch.embedding).mean();
    const at::Tensor classes =
        at::binary_cross_entropy_with_logits(output.logits, batch.probabilities, {}, {}, at::Reduction::Sum) /
        batch.features.size(0);
    means.add("embedding_loss", embedding.item<double>());
    means.add("class_loss", classes.item<double>());
    return options_.embedding_weight * embedding + options_.class_weight * classes;
  }

  BackboneAgreement agreement(const ExamplePool& examples) {
    const at::NoGradGuard no_gradient;
    std::vector<at::Tensor> cosines, scores, probabilities;
    for (std::int64_t first = 0; first < examples.size(); first += options_.batch.example_count) {
      const std::int64_t count = std::min(options_.batch.example_count, examples.size() - first);
      const BackboneBatch batch = batches_.plain(examples, first, count);
      const auto output = net_.forward(batch.features, false);
      cosines.push_back(cosine(at::mm(output.features, projection_.t()), batch.embedding));
      scores.push_back(output.logits);
      probabilities.push_back(batch.probabilities);
    }
    return {at::cat(cosines).mean().item<double>(), mean_precision(at::cat(scores), at::cat(probabilities))};
  }

  student::Backbone backbone(std::int64_t steps) {
    student::Backbone backbone;
    backbone.blocks = options_.blocks;
    backbone.front_end = options_.front_end;
    backbone.scale = batches_.scale();
    backbone.body = net_.parameters().detach().narrow(0, 0, student::body_size(net_)).clone();
    backbone.statistics = net_.statistics().clone();
    backbone.steps = steps;
    return backbone;
  }

 private:
  // A head that begins at even odds would spend the first epochs on learning that most classes are rare.
  void begin_at_class_means() {
    const at::NoGradGuard no_gradient;
    const at::Tensor& means = batches_.class_means();
    const at::Tensor bias = at::logit(means.clamp(kLeastProbability, 1 - kLeastProbability));
    net_.parameters().narrow(0, net_.places().back().beta, bias.numel()).copy_(bias);
  }

  static double mean_precision(const at::Tensor& scores, const at::Tensor& probabilities) {
    const at::Tensor top = std::get<1>(at::topk(probabilities, std::min(kTopClasses, probabilities.size(1))));
    const at::Tensor relevant = at::zeros_like(probabilities, at::kByte).scatter_(1, top, 1);
    const at::Tensor counted = at::nonzero(relevant.sum(0) >= kLeastRelevant).flatten();
    if (counted.numel() == 0) return 0;
    const at::Tensor s = scores.index_select(1, counted).contiguous();
    const at::Tensor r = relevant.index_select(1, counted).contiguous();
    const std::vector<double> precisions = metrics::per_class_average_precision(
        {s.data_ptr<float>(), static_cast<std::size_t>(s.numel())},
        {r.data_ptr<std::uint8_t>(), static_cast<std::size_t>(r.numel())},
        static_cast<std::int32_t>(s.size(1)));
    return metrics::mean_of_defined(precisions);
  }

  const BackboneTrainerOptions& options_;
  const BackboneBatches& batches_;
  student::MelCnn net_;
  at::Tensor projection_;  // [E, features]
};

std::string configuration(const ExamplePool& examples, const ExamplePool& held_out,
                          const BackboneTrainerOptions& options) {
  const BackboneBatchOptions& batch = options.batch;
  Json json;
  json.set("blocks", options.blocks);
  json.set("steps", options.steps);
  json.set("learning_rate", options.learning_rate);
  json.set("warm_up", options.warm_up);
  json.set("weight_decay", options.weight_decay);
  json.set("average_memory", options.average_memory);
  json.set("embedding_weight", options.embedding_weight);
  json.set("class_weight", options.class_weight);
  json.set("batch", batch.example_count);
  json.set("mix", batch.mix);
  json.set("gain_db", batch.gain_db);
  json.set("tilt_db", batch.tilt_db);
  json.set("mixstyle", batch.mixstyle);
  json.set("mask_time", batch.mask_time);
  json.set("mask_mel", batch.mask_mel);
  json.set("seed", static_cast<std::int64_t>(batch.seed));
  json.set("examples", examples.size());
  json.set("examples_sha256", examples.description_sha256());
  json.set("held_out_sha256", held_out.description_sha256());
  return json.dump();
}

training::PhaseOptions phase_options(const BackboneTrainerOptions& options) {
  training::PhaseOptions phase;
  phase.schedule = {options.learning_rate, options.warm_up * static_cast<double>(options.steps),
                    options.steps};
  phase.optimizer.weight_decay = options.weight_decay;
  phase.average_memory = options.average_memory;
  return phase;
}

training::LoopOptions loop_options(const BackboneTrainerOptions& options, std::int64_t examples) {
  training::LoopOptions loop;
  loop.folder = options.work;
  loop.checkpoint_s = options.checkpoint_s;
  loop.steps_per_line = std::max<std::int64_t>(1, examples / options.batch.example_count);
  if (options.progress) loop.label = "pretrain student";
  loop.unit = "windows";
  loop.units_per_step = options.batch.example_count;
  loop.total_steps = options.steps;
  loop.stop_after_steps = options.stop_after_steps;
  return loop;
}

}  // namespace

ExampleFeatures student_example_features(const edge::LogMelOptions& front_end, double length_s) {
  const auto samples_16k = static_cast<std::size_t>(std::llround(length_s * student::kTrainingRateHz));
  ExampleFeatures features;
  features.length_s = length_s;
  features.description = concat("student ", length_s, " ", front_end.mel_count, " ", front_end.hop_samples,
                                " ", front_end.window_samples, " ", front_end.fft_samples);
  features.frames = [front_end, samples_16k](std::span<const float> samples) {
    std::vector<float> audio = audio::resample(samples, kLibraryRateHz, student::kTrainingRateHz);
    audio.resize(samples_16k, 0.0F);
    student::FrontEnd run(front_end);
    at::Tensor frames = at::empty({run.frame_count(std::ssize(audio)), front_end.mel_count});
    run.run(audio, {frames.data_ptr<float>(), static_cast<std::size_t>(frames.numel())});
    return frames;
  };
  return features;
}

BackboneTrainerResult train_backbone(const ExamplePool& examples, const ExamplePool& held_out,
                                     const BackboneTrainerOptions& options) {
  at::set_num_threads(options.threads);
  training::LoopOptions loop = loop_options(options, examples.size());
  loop.configuration = configuration(examples, held_out, options);
  const auto checkpoint = training::open_training(loop.folder, loop.configuration, options.fresh);
  const BackboneBatches batches(examples, options.batch);
  BackboneTask task(options, batches, examples.frames(0).size(0));
  training::TrainingPhase phase(task, phase_options(options));
  if (checkpoint) phase.restore(*checkpoint);

  BackboneTrainerResult result;
  loop.complete_line = [&](Json& line) {
    const training::TrainingPhase::Averaged averaged(phase);
    result.held_out = task.agreement(held_out);
    line.set("epoch", static_cast<double>(phase.step() * options.batch.example_count) /
                          static_cast<double>(examples.size()));
    line.set("held_out_cosine", result.held_out.cosine);
    line.set("held_out_map", result.held_out.mean_precision);
  };
  const training::LoopResult run = training::run_phase(phase, loop);
  result.finished = run.finished;
  result.steps = phase.step();
  result.windows_per_s = run.units_per_s;
  if (!run.finished) return result;
  phase.adopt_averages();
  result.held_out = task.agreement(held_out);
  result.backbone = task.backbone(phase.step());
  return result;
}

}  // namespace pupil::pretrain
