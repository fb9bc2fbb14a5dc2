// SPDX-License-Identifier: Apache-2.0
// The training loop of src/training with what belongs to a teacher: its losses, its validation, its
// configuration.
//
// 1. The heads are trained too, but are not part of the model: they are a parameter group of their own,
//    without running average.
// 2. The configuration holds hashes of all that decides the result: initial weights, examples, and each phrase
//    with its token ids. A checkpoint is resumed only under the same one.
// 3. The examples held back are the last of the pool. They are scored with the averaged weights and only
//    reported: neither a step nor a weight is chosen by them.

#include "pretrain/teacher_trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "base/json.h"
#include "base/sha256.h"
#include "synth/sound_kind.h"
#include "training/training_loop.h"

namespace pupil::pretrain {
namespace {

constexpr std::int64_t kHeldBack = 128;
constexpr std::int64_t kStatisticsExamples = 2048;
constexpr double kFloorShare = 0.01;  // of the learning rate, where it ends

// What is trained: the network, and the heads that are left behind.
class TeacherTask : public training::TrainingTask {
 public:
  TeacherTask(ClapNetwork& network, TeacherHeads& heads, const nn::BpeTokenizer& tokenizer,
              const TeacherBatches& batches, const TeacherLossWeights& weights)
      : network_(network), heads_(heads), tokenizer_(tokenizer), batches_(batches), weights_(weights) {}

  std::vector<training::ParameterGroup> groups() override {
    const ParameterSet& network = network_.parameters();
    const ParameterSet& heads = heads_.parameters();
    return {{"network", network.values(), network.decay_mask()},
            {"heads", heads.values(), heads.decay_mask(), /*averaged=*/false}};
  }

  at::Tensor loss(std::int64_t step, training::StepMeans& means) override {
    const TeacherLoss loss = heads_.loss(network_, tokenizer_, batches_.draw(step), weights_);
    const auto tell = [&](const char* name, const at::Tensor& part) {
      if (part.defined()) means.add(name, part.item<double>());
    };
    tell("contrast_loss", loss.contrast);
    tell("class_loss", loss.classes);
    tell("evidence_loss", loss.evidence);
    tell("embedding_loss", loss.embedding);
    return loss.total;
  }

 private:
  ClapNetwork& network_;
  TeacherHeads& heads_;
  const nn::BpeTokenizer& tokenizer_;
  const TeacherBatches& batches_;
  const TeacherLossWeights weights_;
};

struct Validation {
  double class_loss = 0;
  double agreement = 0;
};

// The examples held back, against all classes.
Validation validate(const ClapNetwork& network, const nn::BpeTokenizer& tokenizer,
                    const TeacherBatches& batches, std::int64_t example_count) {
  const at::NoGradGuard no_grad;
  std::vector<std::int64_t> examples(static_cast<std::size_t>(example_count - batches.train_count()));
  std::iota(examples.begin(), examples.end(), batches.train_count());
  Validation result;
  if (examples.empty()) return result;
  const TeacherBatch batch = batches.fixed(examples);
  if (batch.class_captions.empty()) return result;
  const std::int64_t longest = network.config().text.positions - network.config().text.pad_id - 1;
  const at::Tensor text = network.embed_text(tokenizer.encode_batch(batch.class_captions, longest));
  const at::Tensor similarity = at::matmul(network.embed_audio(batch.frames).embedding, text.t());
  result.class_loss = class_distance(similarity * network.audio_logit_scale(), batch.evidence).item<double>();
  const std::int64_t top = std::min<std::int64_t>(3, batch.evidence.size(1));
  const at::Tensor agreed = std::get<1>(at::topk(batch.evidence, top)).eq(similarity.argmax(1, true));
  result.agreement = agreed.sum().item<double>() / static_cast<double>(examples.size());
  return result;
}

// Kept out of the training, for validation: the last ones of the pool.
std::int64_t held_back_count(const ExamplePool& pool) {
  return std::min(kHeldBack, pool.size() / 8);
}

// Examples that statistics of the training are taken from.
std::int64_t statistics_count(const ExamplePool& pool) {
  return std::min(kStatisticsExamples, pool.size() - held_back_count(pool));
}

TeacherHeads make_heads(const ClapNetwork& network, const ExamplePool& pool, std::uint64_t seed) {
  const std::int64_t channels = network.config().audio.out_channels();
  if (!pool.has_tagger()) return TeacherHeads(channels, at::zeros({1}), at::ones({1}), seed);
  std::vector<at::Tensor> rows;
  for (std::int64_t example = 0; example < statistics_count(pool); ++example)
    rows.push_back(pool.embedding(example));
  const at::Tensor all = at::stack(rows);
  return TeacherHeads(channels, all.mean(0), all.std(0, false) + 1e-3, seed);
}

std::string tensors_sha256(std::initializer_list<at::Tensor> tensors) {
  Sha256 hash;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor dense = tensor.contiguous();
    hash.update(std::as_bytes(std::span(dense.data_ptr<float>(), static_cast<std::size_t>(dense.numel()))));
  }
  return hash.hex();
}

// Of the phrases of every class and label, and of the token ids that they become: a vocabulary that is made
// anew from other texts gives the same words other ids.
std::string words_sha256(const nn::BpeTokenizer& tokenizer, const SoundLibrary& library,
                         const PhraseTable& phrases, const std::vector<std::string>& class_names) {
  std::vector<std::string> texts;
  const auto add = [&](const std::vector<std::string>& more) {
    texts.insert(texts.end(), more.begin(), more.end());
  };
  for (const std::string& name : class_names) add(phrases.phrases(name));
  for (const ManifestClip& clip : library.clips())
    add(clip.captions.empty() ? phrases.phrases(clip.label) : clip.captions);
  for (const synth::SoundKind kind : synth::sound_kinds())
    add(phrases.phrases(std::string(synth::kind_name(kind))));
  Sha256 hash;
  for (const std::string& text : texts) {
    hash.update(text + "\n");
    const std::vector<std::int64_t> ids = tokenizer.encode(text);
    hash.update(std::as_bytes(std::span(ids)));
  }
  return hash.hex();
}

Json options_json(const TeacherTrainerOptions& options) {
  Json json;
  json.set("steps", options.steps);
  json.set("learning_rate", options.learning_rate);
  json.set("warm_up_steps", options.warm_up_steps);
  json.set("beta1", options.optimizer.beta1);
  json.set("beta2", options.optimizer.beta2);
  json.set("weight_decay", options.optimizer.weight_decay);
  json.set("clip_norm", options.optimizer.clip_norm);
  json.set("average_memory", options.average_memory);
  json.set("contrast", options.weights.contrast);
  json.set("classes", options.weights.classes);
  json.set("evidence", options.weights.evidence);
  json.set("embedding", options.weights.embedding);
  json.set("batch", options.batch.example_count);
  json.set("batch_classes", options.batch.class_count);
  json.set("mix_share", options.batch.mix_share);
  json.set("augment", options.batch.augment);
  json.set("seed", static_cast<std::int64_t>(options.batch.seed));
  return json;
}

training::PhaseOptions phase_options(const TeacherTrainerOptions& options) {
  training::PhaseOptions phase;
  phase.schedule = {options.learning_rate, static_cast<double>(options.warm_up_steps), options.steps,
                    kFloorShare};
  phase.optimizer = options.optimizer;
  phase.average_memory = options.average_memory;
  return phase;
}

}  // namespace

void set_mel_statistics(ClapNetwork& network, const ExamplePool& pool) {
  std::vector<at::Tensor> rows;
  for (std::int64_t example = 0; example < statistics_count(pool); example += 4)
    rows.push_back(pool.frames(example));
  const at::Tensor all = at::cat(rows);
  network.set_mel_statistics(all.mean(0), all.var(0, false));
}

TeacherTrainerResult train_teacher(ClapNetwork& network, const nn::BpeTokenizer& tokenizer,
                                   const ExamplePool& pool, const SoundLibrary& library,
                                   const PhraseTable& phrases, const std::vector<std::string>& class_names,
                                   const TeacherTrainerOptions& options) {
  const std::int64_t held_back = held_back_count(pool);
  const TeacherBatches batches(pool, library, phrases, class_names, pool.size() - held_back, options.batch);
  TeacherHeads heads = make_heads(network, pool, options.batch.seed);
  Json configuration = options_json(options);
  configuration.set("network", config_json(network.config()));
  configuration.set("initial_weights_sha256", tensors_sha256({network.parameters().values(),
                                                              network.mel_mean(), network.mel_variance()}));
  configuration.set("examples", pool.size());
  configuration.set("examples_sha256", pool.description_sha256());
  configuration.set("words_sha256", words_sha256(tokenizer, library, phrases, class_names));

  training::LoopOptions loop;
  loop.folder = options.work;
  loop.configuration = configuration.dump();
  const auto checkpoint = training::open_training(loop.folder, loop.configuration, options.fresh);
  TeacherTask task(network, heads, tokenizer, batches, options.weights);
  training::TrainingPhase phase(task, phase_options(options));
  if (checkpoint) phase.restore(*checkpoint);

  loop.checkpoint_s = options.checkpoint_s;
  loop.steps_per_line = options.steps_per_line;
  loop.stop_after_steps = options.stop_after_steps;
  loop.label = "training";
  loop.unit = "examples";
  loop.units_per_step = options.batch.example_count;
  loop.total_steps = options.steps;
  TeacherTrainerResult result;
  loop.complete_line = [&](Json& line) {
    if (phase.step() % options.steps_per_validation != 0 && !phase.done()) return;
    const training::TrainingPhase::Averaged averaged(phase);
    const Validation seen = validate(network, tokenizer, batches, pool.size());
    line.set("held_back_class_loss", seen.class_loss);
    line.set("held_back_agreement", seen.agreement);
    result.agreement = seen.agreement;
  };
  const training::LoopResult run = training::run_phase(phase, loop);
  if (run.finished) phase.adopt_averages();
  result.steps = phase.step();
  result.examples_per_s = run.units_per_s;
  return result;
}

}  // namespace pupil::pretrain
