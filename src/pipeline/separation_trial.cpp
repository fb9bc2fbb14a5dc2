// SPDX-License-Identifier: Apache-2.0
#include "pipeline/separation_trial.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/text.h"
#include "corpus/folder_listing.h"
#include "separator/separator.h"
#include "synth/samples.h"

namespace pupil::pipeline {
namespace {

constexpr float kPeakMax = 0.95F;
constexpr double kSilentPower = 1e-9;  // -90 dB of full scale

struct LabelledFile {
  std::string label;
  std::filesystem::path file;
};

// A generator of its own per purpose: std::shuffle and distributions differ between libraries.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  template <typename Item>
  void shuffle(std::vector<Item>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::mt19937_64 random_;
};

std::vector<LabelledFile> usable(const corpus::Source& source, const TrialPlan& plan, bool one_label) {
  std::vector<LabelledFile> files;
  for (const corpus::SourceItem& item : source.items) {
    if (plan.split && item.split != plan.split) continue;
    if (one_label && item.given.size() != 1) continue;
    if (corpus::file_problem(item.file)) continue;  // a pipe would be waited for
    files.push_back({item.given.empty() ? "" : item.given.front().label, item.file});
  }
  return files;
}

std::vector<float> decode(const std::filesystem::path& path) {
  audio::DecodeOptions options;
  options.sample_rate_hz = separator::kSampleRateHz;
  return audio::decode_file(path, options);
}

}  // namespace

std::vector<SeparationTrial> plan_trials(const corpus::Source& clean,
                                         const std::vector<corpus::Source>& backgrounds,
                                         const TrialPlan& plan) {
  std::map<std::string, std::vector<std::filesystem::path>> by_label;
  for (const LabelledFile& file : usable(clean, plan, /*one_label=*/true))
    by_label[file.label].push_back(file.file);
  std::vector<LabelledFile> pool;
  for (const corpus::Source& source : backgrounds) {
    for (LabelledFile& file : usable(source, {}, false)) pool.push_back(std::move(file));
  }
  if (backgrounds.empty()) pool = usable(clean, plan, false);

  std::vector<std::string> labels = plan.classes;
  if (labels.empty()) {
    for (const auto& [label, files] : by_label) labels.push_back(label);
  }
  std::vector<SeparationTrial> trials;
  Dice dice(plan.seed);
  for (const std::string& label : labels) {
    if (!by_label.contains(label))
      throw Error(concat(clean.name, ": no clip is labelled '", label, "' alone"));
    std::vector<std::filesystem::path> files = by_label[label];
    dice.shuffle(files);
    if (plan.clips_per_class > 0)
      files.resize(std::min<std::size_t>(files.size(), static_cast<std::size_t>(plan.clips_per_class)));
    std::vector<LabelledFile> others;
    std::copy_if(pool.begin(), pool.end(), std::back_inserter(others),
                 [&](const LabelledFile& other) { return other.label != label; });
    if (others.empty()) throw Error(concat("no background for '", label, "': all clips carry that label"));
    for (const std::filesystem::path& file : files) {
      for (const double snr_db : plan.snr_db) {
        trials.push_back(
            {label, file, others[dice.below(others.size())].file, snr_db, dice.below(1U << 30U)});
      }
    }
  }
  return trials;
}

std::optional<TrialAudio> mix_trial(const SeparationTrial& trial, double duration_s) {
  TrialAudio audio;
  audio.truth = decode(trial.clean);
  audio.truth.resize(
      std::min(audio.truth.size(), static_cast<std::size_t>(duration_s * separator::kSampleRateHz)));
  const std::vector<float> source = decode(trial.background);
  std::vector<float> background(audio.truth.size());
  const std::size_t start = trial.seed % source.size();
  for (std::size_t i = 0; i < background.size(); ++i) background[i] = source[(start + i) % source.size()];

  const double clean_power = synth::power(audio.truth);
  const double background_power = synth::power(background);
  if (clean_power < kSilentPower || background_power < kSilentPower) return std::nullopt;
  const double gain = std::sqrt(clean_power / background_power * std::pow(10.0, -trial.snr_db / 10));
  audio.mixture.resize(audio.truth.size());
  float peak = 0;
  for (std::size_t i = 0; i < background.size(); ++i) {
    audio.mixture[i] = audio.truth[i] + static_cast<float>(gain) * background[i];
    peak = std::max({peak, std::abs(audio.mixture[i]), std::abs(audio.truth[i])});
  }
  if (peak > kPeakMax) {
    for (float& sample : audio.truth) sample *= kPeakMax / peak;
    for (float& sample : audio.mixture) sample *= kPeakMax / peak;
  }
  return audio;
}

}  // namespace pupil::pipeline
