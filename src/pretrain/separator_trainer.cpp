// SPDX-License-Identifier: Apache-2.0
// A checkpoint is looked at before anything else: a training of another configuration must not replace the
// vocabulary of the model that is in OUT. The order of SeparatorTrainer's members is the order of these
// steps: texts, configuration, checkpoint, and only then the tokenizer, whose maker writes to OUT.
//
// 1. A batch depends on its step alone. Calibration uses the mixtures of step -1, which no training takes.
// 2. The model in OUT holds the averaged weights of the latest line of metrics, the checkpoint in WORK the
//    state of the training: either can be read while it goes on.

#include "pretrain/separator_trainer.h"

#include <ATen/ATen.h>

#include <cmath>
#include <optional>
#include <span>

#include "base/file_system.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"
#include "metrics/si_sdr.h"
#include "nn/bpe_tokenizer.h"
#include "nn/trained_words.h"
#include "pretrain/bpe_training.h"
#include "pretrain/si_sdr_loss.h"
#include "training/training_loop.h"

namespace pupil::pretrain {
namespace {

constexpr std::int64_t kHopSamples = 320;
constexpr std::int64_t kCalibrationMixtures = 100;
constexpr double kLeastLevel = 1e-4;  // -80 dB of full scale

Json options_json(const SeparatorTrainerOptions& options) {
  Json json;
  json.set("encoder_channels", options.network.encoder_channels);
  json.set("pool_rows", options.network.pool_rows);
  json.set("pool_columns", options.network.pool_columns);
  json.set("bin_count", options.network.bin_count);
  json.set("condition_size", options.network.condition_size);
  json.set("text_hidden", options.text.hidden);
  json.set("text_layers", options.text.layer_count);
  json.set("vocabulary", options.text.vocabulary);
  json.set("mixture_samples", options.mixtures.sample_count);
  json.set("focus", options.mixtures.focus);
  json.set("absent", options.mixtures.absent);
  json.set("snr_db", std::vector<double>{options.mixtures.snr_low_db, options.mixtures.snr_high_db});
  json.set("steps", options.steps);
  json.set("batch", options.batch);
  json.set("learning_rate", options.learning_rate);
  json.set("warm_up_steps", options.warm_up_steps);
  json.set("weight_decay", options.weight_decay);
  json.set("si_sdr_weight", options.si_sdr_weight);
  json.set("seed", static_cast<std::int64_t>(options.seed));
  return json;
}

// `texts`: all queries that can come.
std::string configuration(const SoundPool& pool, const std::vector<std::string>& texts,
                          const SeparatorTrainerOptions& options) {
  Json json = options_json(options);
  Json sounds{Json::Object()};
  for (const SoundPool::Label& label : pool.labels()) {
    Sha256 samples;
    for (const SoundPool::Sound& sound : label.recorded) {
      samples.update(concat(sound.samples.size(), " "));
      samples.update(std::as_bytes(std::span(sound.samples)));
    }
    sounds.set(label.name,
               concat(label.recorded.size(), label.synthetic ? " and synthetic, " : ", ", samples.hex()));
  }
  Json families{Json::Object()};
  for (const LabelFamily& family : options.mixtures.families) families.set(family.name, family.members);
  json.set("families", families);
  json.set("sounds", sounds);
  Sha256 hash;
  for (const std::string& text : texts) hash.update(text + "\n");
  json.set("queries_sha256", hash.hex());
  return json.dump();
}

std::vector<float> side_by_side(const std::vector<SoundMixture>& items,
                                std::vector<float> SoundMixture::*part) {
  std::vector<float> all;
  for (const SoundMixture& item : items) all.insert(all.end(), (item.*part).begin(), (item.*part).end());
  return all;
}

class SeparatorTrainer : public training::TrainingTask {
 public:
  SeparatorTrainer(const SoundPool& pool, const PhraseTable& phrases, const SeparatorTrainerOptions& options)
      : options_(options),
        mixtures_(pool, phrases, options.mixtures),
        texts_(phrases.sentences(mixtures_.phrase_keys())),
        configuration_(configuration(pool, texts_, options)),
        checkpoint_(training::open_training(options.work, configuration_, options.fresh)),
        tokenizer_(make_tokenizer()),
        network_(options.network, options.seed),
        text_(text_sizes(), options.seed + 1),
        stft_(2 * (options.network.bin_count - 1), kHopSamples) {
    calibrate();
  }

  SeparatorTrainerResult run() {
    training::TrainingPhase phase(*this, phase_options());
    if (checkpoint_) phase.restore(*checkpoint_);
    SeparatorTrainerResult result;
    training::LoopOptions loop;
    loop.folder = options_.work;
    loop.configuration = configuration_;
    loop.checkpoint_s = options_.checkpoint_s;
    loop.steps_per_line = options_.steps_per_line;
    if (options_.progress) loop.label = "pretrain separator";
    loop.total_steps = options_.steps;
    loop.stop_after_steps = options_.stop_after_steps;
    loop.complete_line = [&](Json& line) {
      result.loss = line.at("loss").as_double();
      if (const Json* improvement = line.find("si_sdri_db")) result.si_sdri_db = improvement->as_double();
      publish(phase);
    };
    training::run_phase(phase, loop);
    result.steps = phase.step();
    return result;
  }

  std::vector<training::ParameterGroup> groups() override {
    return {{"network", network_.parameters().values(), network_.parameters().decay_mask()},
            {"text", text_.parameters().values(), text_.parameters().decay_mask()}};
  }

  std::vector<nn::NamedTensor> statistics() override {
    std::vector<nn::NamedTensor> tensors;
    for (const auto& [name, tensor] : network_.statistics())
      tensors.push_back({"statistics." + name, tensor});
    return tensors;
  }

  at::Tensor loss(std::int64_t step, training::StepMeans& means) override {
    std::vector<SoundMixture> items;
    std::vector<std::string> queries;
    for (std::int64_t i = 0; i < options_.batch; ++i) {
      items.push_back(mixtures_.make(step, i));
      queries.push_back(items.back().query);
    }
    const std::vector<std::int64_t> shape = {options_.batch, options_.mixtures.sample_count};
    const at::Tensor mixture = at::tensor(side_by_side(items, &SoundMixture::mixture)).view(shape);
    const at::Tensor wanted = at::tensor(side_by_side(items, &SoundMixture::wanted)).view(shape);

    const at::Tensor conditions = text_.embed(tokenizer_.encode_batch(queries, options_.text.max_tokens));
    const MixtureBatch spectra(stft_, mixture);
    const at::Tensor found = spectra.separated(network_.logits(spectra.magnitudes(), conditions, true));
    measure(mixture, wanted, found.detach().contiguous(), means);
    // Against the mixture's own level: a quiet recording counts as much as a loud one.
    const at::Tensor l1 =
        ((found - wanted).abs().mean(1) / mixture.abs().mean(1).clamp_min(kLeastLevel)).mean();
    return options_.si_sdr_weight > 0 ? l1 - options_.si_sdr_weight * mean_si_sdr_db(wanted, found) : l1;
  }

 private:
  training::PhaseOptions phase_options() const {
    training::PhaseOptions phase;
    phase.schedule = {options_.learning_rate, static_cast<double>(options_.warm_up_steps), options_.steps};
    phase.optimizer = {.beta2 = 0.98, .weight_decay = options_.weight_decay, .clip_norm = 1.0};
    return phase;
  }

  // The vocabulary is a function of the texts: made anew, it is the same.
  nn::BpeTokenizer make_tokenizer() const {
    make_folders(options_.out);
    write_bpe(train_bpe(texts_, options_.text.vocabulary), options_.out);
    nn::TrainedWords::write(texts_, options_.out);
    return nn::BpeTokenizer::load(options_.out);
  }

  TextSizes text_sizes() const {
    TextSizes sizes = options_.text;
    sizes.vocabulary = tokenizer_.vocabulary_size();
    sizes.condition_size = options_.network.condition_size;
    return sizes;
  }

  // By mixtures of steps that will never come.
  void calibrate() {
    std::vector<at::Tensor> magnitudes;
    for (std::int64_t i = 0; i < kCalibrationMixtures; ++i) {
      const at::Tensor mixture = at::tensor(mixtures_.make(-1, i).mixture);
      magnitudes.push_back(MixtureBatch(stft_, mixture.unsqueeze(0)).magnitudes());
    }
    network_.calibrate(at::cat(magnitudes));
  }

  // SI-SDR over that of the mixture, where the wanted sound is there at all.
  void measure(const at::Tensor& mixture, const at::Tensor& wanted, const at::Tensor& found,
               training::StepMeans& means) const {
    const auto row = [&](const at::Tensor& batch, std::int64_t i) {
      return std::span<const float>(batch.data_ptr<float>() + i * batch.size(1),
                                    static_cast<std::size_t>(batch.size(1)));
    };
    if (!at::isfinite(found).all().item<bool>()) return;  // the loss says so
    for (std::int64_t i = 0; i < options_.batch; ++i) {
      const double improvement = metrics::si_sdr_db(row(wanted, i), row(found, i)) -
                                 metrics::si_sdr_db(row(wanted, i), row(mixture, i));
      if (std::isfinite(improvement)) means.add("si_sdri_db", improvement);
    }
  }

  void publish(training::TrainingPhase& phase) const {
    const training::TrainingPhase::Averaged averaged(phase);
    std::vector<nn::NamedTensor> tensors =
        network_.published(network_.parameters().values(), network_.statistics(), at::kHalf);
    for (nn::NamedTensor& tensor : text_.published(text_.parameters().values(), at::kHalf))
      tensors.push_back(std::move(tensor));
    nn::write_safetensors(options_.out / "model.safetensors", tensors,
                          {{"steps", std::to_string(phase.step())}, {"configuration", configuration_}});
  }

  const SeparatorTrainerOptions options_;
  MixtureMaker mixtures_;
  const std::vector<std::string> texts_;
  const std::string configuration_;
  const std::optional<training::Checkpoint> checkpoint_;
  nn::BpeTokenizer tokenizer_;
  TrainableResUNet network_;
  TrainableText text_;
  separator::Stft stft_;
};

}  // namespace

SeparatorTrainerResult train_separator(const SoundPool& pool, const PhraseTable& phrases,
                                       const SeparatorTrainerOptions& options) {
  return SeparatorTrainer(pool, phrases, options).run();
}

}  // namespace pupil::pretrain
