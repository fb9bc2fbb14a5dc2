#include "pretrain/separator_course.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics_file.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/text.h"
#include "nn/bpe_tokenizer.h"
#include "nn/trained_words.h"
#include "pretrain/bpe_training.h"

namespace pupil::pretrain {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kHopSamples = 320;
constexpr double kLongestMemory = 0.998;  // of the running averages
constexpr std::int64_t kCalibrationMixtures = 100;
constexpr double kLeastLevel = 1e-4;  // -80 dB of full scale

// 10 log10 of signal over distortion, the best gain taken out.
double si_sdr_db(const at::Tensor& wanted, const at::Tensor& found) {
  const double energy = wanted.square().sum().item<double>() + 1e-12;
  const at::Tensor scaled = wanted * ((found * wanted).sum().item<double>() / energy);
  const double distortion = (found - scaled).square().sum().item<double>() + 1e-12;
  return 10 * std::log10((scaled.square().sum().item<double>() + 1e-12) / distortion);
}

// With a gradient; rows [B, L] whose wanted sound is not there count as 0 dB.
at::Tensor mean_si_sdr_db(const at::Tensor& wanted, const at::Tensor& found) {
  const at::Tensor energy = wanted.square().sum(1, /*keepdim=*/true);
  const at::Tensor floor = energy * 1e-8 + 1e-8;
  const at::Tensor scaled = wanted * ((found * wanted).sum(1, true) / (energy + 1e-8));
  const at::Tensor kept = scaled.square().sum(1, true) + floor;
  const at::Tensor distortion = (found - scaled).square().sum(1, true) + floor;
  return (10 * at::log10(kept / distortion) * (energy > 0)).mean();
}

std::string configuration(const SoundPool& pool, const SeparatorCourseOptions& options) {
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
  json.set("checkpoint_steps", options.checkpoint_steps);
  json.set("seed", static_cast<std::int64_t>(options.seed));
  Json sounds{Json::Object()};
  for (const SoundPool::Label& label : pool.labels()) {
    sounds.set(label.name, std::vector<std::int64_t>{static_cast<std::int64_t>(label.recorded.size()),
                                                     label.made_up ? 1 : 0});
  }
  json.set("sounds", sounds);
  return json.dump();
}

std::vector<float> side_by_side(const std::vector<SoundMixture>& items,
                                std::vector<float> SoundMixture::*part) {
  std::vector<float> all;
  for (const SoundMixture& item : items) all.insert(all.end(), (item.*part).begin(), (item.*part).end());
  return all;
}

struct Sums {
  double loss = 0, steps = 0, si_sdri_db = 0, items = 0;
};

class SeparatorCourse {
 public:
  SeparatorCourse(const SoundPool& pool, const PhraseTable& phrases, const SeparatorCourseOptions& options)
      : options_(options),
        configuration_(configuration(pool, options)),
        mixtures_(pool, phrases, options.mixtures),
        tokenizer_(make_tokenizer(phrases)),
        network_(options.network, options.seed),
        text_(text_sizes(), options.seed + 1),
        network_adam_(network_.parameters()),
        text_adam_(text_.parameters()),
        stft_(2 * (options.network.bin_count - 1), kHopSamples) {
    calibrate();
    for (const auto& [name, tensor] : network_.statistics()) average_statistics_[name] = tensor.clone();
  }

  SeparatorCourseResult run() {
    std::filesystem::create_directories(options_.work);
    if (options_.fresh) std::filesystem::remove(checkpoint_path());
    restore();
    MetricsFile metrics(options_.work / "metrics.jsonl", step_);
    std::optional<Progress> bar;
    if (options_.progress) bar.emplace("pretrain separator", options_.steps, "steps");
    if (bar) bar->advance(step_);
    const std::int64_t first = step_;
    Clock::time_point line_start = Clock::now();
    while (step_ < options_.steps) {
      if (options_.stop_after_steps >= 0 && step_ - first >= options_.stop_after_steps) break;
      learn();
      if (bar) bar->advance();
      if (step_ % options_.checkpoint_steps == 0 || step_ == options_.steps) {
        end_line(metrics, std::chrono::duration<double>(Clock::now() - line_start).count());
        if (bar)
          bar->set_note(
              concat("loss ", fixed(last_.loss, 4), ", SI-SDRi ", fixed(last_.si_sdri_db, 1), " dB"));
        line_start = Clock::now();
      }
    }
    last_.steps = step_;
    return last_;
  }

 private:
  std::filesystem::path checkpoint_path() const { return options_.work / "checkpoint.safetensors"; }

  // The vocabulary is a function of the phrases: made anew, it is the same.
  nn::BpeTokenizer make_tokenizer(const PhraseTable& phrases) const {
    std::filesystem::create_directories(options_.out);
    const std::vector<std::string> texts = phrases.sentences(mixtures_.phrase_keys());
    write_bpe(train_bpe(texts, options_.text.vocabulary), options_.out);
    nn::TrainedWords::write(texts, options_.out);
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

  void learn() {
    std::vector<SoundMixture> items;
    std::vector<std::string> queries;
    for (std::int64_t i = 0; i < options_.batch; ++i) {
      items.push_back(mixtures_.make(step_, i));
      queries.push_back(items.back().query);
    }
    const std::vector<std::int64_t> shape = {options_.batch, options_.mixtures.sample_count};
    const at::Tensor mixture = at::tensor(side_by_side(items, &SoundMixture::mixture)).view(shape);
    const at::Tensor wanted = at::tensor(side_by_side(items, &SoundMixture::wanted)).view(shape);

    const at::Tensor conditions = text_.embed(tokenizer_.encode_batch(queries, options_.text.max_tokens));
    const MixtureBatch spectra(stft_, mixture);
    const at::Tensor found = spectra.separated(network_.logits(spectra.magnitudes(), conditions, true));
    // Against the mixture's own level: a quiet recording counts as much as a loud one.
    at::Tensor loss = ((found - wanted).abs().mean(1) / mixture.abs().mean(1).clamp_min(kLeastLevel)).mean();
    if (options_.si_sdr_weight > 0) loss = loss - options_.si_sdr_weight * mean_si_sdr_db(wanted, found);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) throw Error(concat("the loss is no longer a number at step ", step_));
    loss.backward();
    update();
    sums_.loss += value;
    sums_.steps += 1;
    measure(mixture, wanted, found.detach());
  }

  void update() {
    AdamWOptions adam;
    adam.weight_decay = options_.weight_decay;
    adam.learning_rate = rate();
    const auto so_far = static_cast<double>(step_);
    const double memory = std::min(kLongestMemory, (1 + so_far) / (10 + so_far));
    network_adam_.step(network_.parameters(), step_ + 1, adam, memory);
    text_adam_.step(text_.parameters(), step_ + 1, adam, memory);
    network_.parameters().clear_gradients();
    text_.parameters().clear_gradients();
    const at::NoGradGuard no_gradient;
    for (auto& [name, average] : average_statistics_)
      average.lerp_(network_.statistics().at(name), 1 - memory);
    ++step_;
  }

  // Rises in the first steps, then falls to 0 along a cosine.
  double rate() const {
    const double at = static_cast<double>(step_) + 1;
    const double rising = std::max(1.0, static_cast<double>(options_.warm_up_steps));
    if (at <= rising) return options_.learning_rate * at / rising;
    const double share = (at - rising) / std::max(1.0, static_cast<double>(options_.steps) - rising);
    return options_.learning_rate * 0.5 * (1 + std::cos(3.14159265358979 * std::min(share, 1.0)));
  }

  void measure(const at::Tensor& mixture, const at::Tensor& wanted, const at::Tensor& found) {
    const at::NoGradGuard no_gradient;
    for (std::int64_t i = 0; i < options_.batch; ++i) {
      if (wanted[i].abs().max().item<float>() == 0) continue;
      sums_.si_sdri_db += si_sdr_db(wanted[i], found[i]) - si_sdr_db(wanted[i], mixture[i]);
      sums_.items += 1;
    }
  }

  void end_line(MetricsFile& metrics, double seconds) {
    last_.loss = sums_.loss / std::max(1.0, sums_.steps);
    last_.si_sdri_db = sums_.si_sdri_db / std::max(1.0, sums_.items);
    Json line;
    line.set("step", step_);
    line.set("loss", last_.loss);
    line.set("si_sdri_db", last_.si_sdri_db);
    line.set("learning_rate", rate());
    line.set("steps_per_s", sums_.steps / std::max(seconds, 1e-9));
    sums_ = {};
    publish();
    metrics.append(line);  // a line without its checkpoint is written again, a checkpoint without it never
    save();
  }

  void publish() const {
    std::vector<nn::NamedTensor> tensors =
        network_.published(network_adam_.average, average_statistics_, at::kHalf);
    for (nn::NamedTensor& tensor : text_.published(text_adam_.average, at::kHalf))
      tensors.push_back(std::move(tensor));
    nn::write_safetensors(options_.out / "model.safetensors", tensors,
                          {{"steps", std::to_string(step_)}, {"configuration", configuration_}});
  }

  // What a checkpoint holds, by name; reading writes into the same tensors.
  std::vector<nn::NamedTensor> state() const {
    std::vector<nn::NamedTensor> tensors = {{"network.values", network_.parameters().values()},
                                            {"network.first", network_adam_.first},
                                            {"network.second", network_adam_.second},
                                            {"network.average", network_adam_.average},
                                            {"text.values", text_.parameters().values()},
                                            {"text.first", text_adam_.first},
                                            {"text.second", text_adam_.second},
                                            {"text.average", text_adam_.average}};
    for (const auto& [name, tensor] : network_.statistics())
      tensors.push_back({"statistics." + name, tensor});
    for (const auto& [name, tensor] : average_statistics_) tensors.push_back({"average." + name, tensor});
    return tensors;
  }

  void save() const {
    nn::write_safetensors(checkpoint_path(), state(),
                          {{"configuration", configuration_}, {"step", std::to_string(step_)}});
  }

  void restore() {
    if (!std::filesystem::exists(checkpoint_path())) return;
    const nn::TensorFile file = nn::TensorFile::open(checkpoint_path());
    with_context(checkpoint_path().string(), [&] {
      const auto text = [&](const std::string& key) {
        const auto found = file.values().find(key);
        if (found == file.values().end() || !std::holds_alternative<std::string>(found->second))
          throw Error(concat("not a checkpoint of a separator's training: no '", key, "'"));
        return std::get<std::string>(found->second);
      };
      if (text("configuration") != configuration_)
        throw Error(
            "the checkpoint is of another configuration: change it back, or start again with --fresh");
      const at::NoGradGuard no_gradient;
      for (nn::NamedTensor& entry : state()) entry.tensor.copy_(file.tensor(entry.name));
      step_ = std::stoll(text("step"));
    });
  }

  const SeparatorCourseOptions options_;
  const std::string configuration_;
  MixtureMaker mixtures_;
  nn::BpeTokenizer tokenizer_;
  TrainableResUNet network_;
  TrainableText text_;
  AdamW network_adam_, text_adam_;
  std::map<std::string, at::Tensor> average_statistics_;
  separator::Stft stft_;
  std::int64_t step_ = 0;
  Sums sums_;
  SeparatorCourseResult last_;
};

}  // namespace

SeparatorCourseResult train_separator(const SoundPool& pool, const PhraseTable& phrases,
                                      const SeparatorCourseOptions& options) {
  return SeparatorCourse(pool, phrases, options).run();
}

}  // namespace pupil::pretrain
