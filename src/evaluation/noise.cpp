// SPDX-License-Identifier: Apache-2.0
// Accuracy against noise: every window of a reported class is mixed with another window of the project at fixed ratios and
// scored by the model as the device runs it.
//
// 1. Noise is what holds none of the reported classes; if a project has none, pink noise by formula.
// 2. A window is mixed with noise of another recording where there is one: a recording's own background is no test.
// 3. Which noise meets which window depends on the window's number alone, so the points of the curve differ in level only.

#include "evaluation/noise.h"

#include <algorithm>
#include <map>

#include "evaluation/system_figures.h"
#include "metrics/clip_scores.h"
#include "metrics/counter_random.h"
#include "metrics/decisions.h"
#include "student/audio_effects.h"

namespace pupil::evaluation {
namespace {

using student::SetVerdict;
using student::TrainingSet;
using student::TrainingWindow;

constexpr std::uint64_t kSeed = 1;
constexpr double kSnrsDb[] = {20, 10, 5, 0};
// Fewer give every clip the same background.
constexpr std::size_t kLeastNoiseWindows = 8;
// Below this mean power (-66 dB of full scale) a stretch is digital silence: amplified it would be rounding
// noise.
constexpr double kLeastPower = 2.5e-7;

const TrainingWindow& window_at(const TrainingSet& set, std::int64_t index) {
  return set.windows()[static_cast<std::size_t>(index)];
}

// Voss and McCartney's: the mean of generators that change half as often as the one before.
std::vector<float> pink_noise(std::size_t count, std::uint64_t seed) {
  std::vector<float> noise(count);
  for (std::size_t n = 0; n < count; ++n) {
    double sum = 0;
    for (std::uint64_t row = 0; row < 8; ++row) {
      const std::uint64_t bits = metrics::counter_random(seed + row, n >> row);
      sum += static_cast<double>(bits >> 11U) * 0x1.0p-53 - 0.5;
    }
    noise[n] = static_cast<float>(sum * 0.1);
  }
  return noise;
}

/// A clip whose class is reported, and what is right about it.
struct Signal {
  std::int32_t reference = 0;
  std::int64_t recording = 0;
};

class NoiseMeter {
 public:
  NoiseMeter(const TrainingSet& set, const SplitScores& split, const SplitClips& clips,
             const SplitScores& noise_split, DeviceNetwork& network)
      : set_(set), split_(split), network_(network), classes_(set.class_count()) {
    find_signals(clips);
    find_noise(noise_split);
    if (noise_split.windows != split.windows) find_noise(split);
    if (noise_.size() < kLeastNoiseWindows) noise_.clear();
  }

  std::optional<NoiseFigures> measure() {
    if (signals_.empty()) return std::nullopt;
    NoiseFigures figures;
    figures.noise = noise_.empty()
                        ? "made pink noise, for there are no held-out recordings without the classes"
                        : "held-out recordings that hold none of the reported classes";
    figures.noise_count = std::ssize(noise_);
    figures.clip_count = std::ssize(signals_);
    figures.against_truth = against_truth_;
    figures.points.push_back(point(std::nullopt));
    for (const double snr_db : kSnrsDb) figures.points.push_back(point(snr_db));
    return figures;
  }

 private:
  void find_signals(const SplitClips& clips) {
    const std::vector<std::int32_t> teacher = metrics::decide(clips.scores.teacher, classes_);
    for (std::size_t i = 0; i < clips.clips.size(); ++i) {
      const std::int32_t reference = clips.truth[i] >= 0 ? clips.truth[i] : teacher[i];
      if (reference < 0 || reference >= set_.reported_class_count()) continue;
      signals_[clips.clips[i]] = {reference, clips.recordings[i]};
      against_truth_ = against_truth_ || clips.truth[i] >= 0;
    }
  }

  void find_noise(const SplitScores& split) {
    std::vector<float> audio(static_cast<std::size_t>(set_.window_samples()));
    for (const std::int64_t index : split.windows) {
      const TrainingWindow& window = window_at(set_, index);
      const std::int32_t reference = window_reference(window);
      const bool none = reference == metrics::kNone || reference >= set_.reported_class_count();
      if (!none || signals_.contains(window.clip)) continue;
      set_.read_window(window, 0, audio);
      if (student::mean_power(audio) >= kLeastPower) noise_.push_back(index);
    }
  }

  // Of another recording, where there is one.
  std::vector<float> noise_for(std::int64_t index) {
    std::vector<float> audio(static_cast<std::size_t>(set_.window_samples()));
    const auto key = static_cast<std::uint64_t>(index);
    if (noise_.empty()) return pink_noise(audio.size(), metrics::counter_random(kSeed, key));
    const std::int32_t recording =
        set_.clips()[static_cast<std::size_t>(window_at(set_, index).clip)].recording;
    std::int64_t chosen = 0;
    for (std::uint64_t attempt = 0; attempt < 8; ++attempt) {
      const std::uint32_t place =
          metrics::counter_index(kSeed + attempt, key, static_cast<std::uint32_t>(noise_.size()));
      chosen = noise_[place];
      if (set_.clips()[static_cast<std::size_t>(window_at(set_, chosen).clip)].recording != recording) break;
    }
    set_.read_window(window_at(set_, chosen), 0, audio);
    return audio;
  }

  NoisePoint point(std::optional<double> snr_db) {
    std::vector<float> logits;
    std::vector<std::int64_t> clip_ids;
    std::vector<float> audio(static_cast<std::size_t>(set_.window_samples()));
    for (const std::int64_t index : split_.windows) {
      const TrainingWindow& window = window_at(set_, index);
      if (window.verdict == SetVerdict::background || !signals_.contains(window.clip)) continue;
      set_.read_window(window, 0, audio);
      if (snr_db) student::add_noise(audio, noise_for(index), *snr_db);
      const std::span<const float> row = network_.logits(audio);
      logits.insert(logits.end(), row.begin(), row.end());
      clip_ids.push_back(window.clip);
    }
    const std::vector<float> scores = device_scores(network_.model(), logits);
    return judge(snr_db, metrics::mean_of_active_windows(scores, classes_, clip_ids, {}));
  }

  NoisePoint judge(std::optional<double> snr_db, const metrics::ClipScores& clips) const {
    Items items;
    for (const std::int64_t clip : clips.clip_ids) {
      const Signal& signal = signals_.at(static_cast<std::int32_t>(clip));
      items.reference.push_back(signal.reference);
      items.recordings.push_back(signal.recording);
    }
    const std::vector<std::int32_t> decided = metrics::decide(clips.scores, classes_);
    std::vector<std::int32_t> strongest;
    for (std::size_t at = 0; at < clips.scores.size(); at += static_cast<std::size_t>(classes_)) {
      const auto row = clips.scores.begin() + static_cast<std::ptrdiff_t>(at);
      strongest.push_back(
          static_cast<std::int32_t>(std::max_element(row, row + set_.reported_class_count()) - row));
    }
    return {snr_db, metrics::bootstrap_accuracy(items.reference, decided, items.recordings),
            metrics::accuracy(items.reference, strongest)};
  }

  const TrainingSet& set_;
  const SplitScores& split_;
  DeviceNetwork& network_;
  std::int32_t classes_;
  std::map<std::int32_t, Signal> signals_;  // by clip
  std::vector<std::int64_t> noise_;         // windows
  bool against_truth_ = false;
};

}  // namespace

std::optional<NoiseFigures> measure_noise(const TrainingSet& set, const SplitScores& split,
                                          const SplitClips& clips, const SplitScores& noise_split,
                                          DeviceNetwork& network) {
  return NoiseMeter(set, split, clips, noise_split, network).measure();
}

Json noise_json(const NoiseFigures& figures) {
  Json json;
  json.set("noise", figures.noise);
  json.set("noise_windows", figures.noise_count);
  json.set("clips", figures.clip_count);
  json.set("against",
           figures.against_truth ? "truth, and the teacher's decision where none is given" : "teacher");
  Json points = Json(Json::Array());
  for (const NoisePoint& point : figures.points) {
    Json row;
    row.set("snr_db", point.snr_db ? Json(*point.snr_db) : Json());
    row.set("accuracy", interval_json(point.accuracy));
    row.set("strongest_reported", point.heard_share);
    points.push_back(row);
  }
  json.set("points", points);
  return json;
}

}  // namespace pupil::evaluation
