// SPDX-License-Identifier: Apache-2.0
// Accuracy against noise: every window of a reported class is mixed with another window of the project at fixed ratios and
// scored by the model as the device runs it.
//
// 1. Noise is what holds none of the reported classes; if a project has none, pink noise by formula.
// 2. A window is mixed with noise of another recording where there is one: a recording's own background is no test.
// 3. Which noise meets which window depends on the window's number alone, so the points of the curve differ in level only.

#include "evaluation/noise.h"

#include "evaluation/clip_meter.h"
#include "evaluation/system_figures.h"
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

// Windows that hold none of the reported classes, of clips that are not metered.
class NoiseWindows {
 public:
  NoiseWindows(const TrainingSet& set, const ClipMeter& meter) : set_(set), meter_(meter) {}

  void find(const SplitScores& split) {
    std::vector<float> audio(static_cast<std::size_t>(set_.window_samples()));
    for (const std::int64_t index : split.windows) {
      const TrainingWindow& window = window_at(set_, index);
      const std::int32_t reference = window_reference(window);
      const bool none = reference == metrics::kNone || reference >= set_.reported_class_count();
      if (!none || meter_.contains(window.clip)) continue;
      set_.read_window(window, 0, audio);
      if (student::mean_power(audio) >= kLeastPower) windows_.push_back(index);
    }
  }

  bool too_few() const { return windows_.size() < kLeastNoiseWindows; }
  std::int64_t count() const { return too_few() ? 0 : std::ssize(windows_); }

  // What is mixed into window `index`: of another recording, where there is one.
  std::vector<float> noise_for(std::int64_t index) const {
    std::vector<float> audio(static_cast<std::size_t>(set_.window_samples()));
    const auto key = static_cast<std::uint64_t>(index);
    if (too_few()) return pink_noise(audio.size(), metrics::counter_random(kSeed, key));
    const std::int32_t recording = recording_of(index);
    std::int64_t chosen = 0;
    for (std::uint64_t attempt = 0; attempt < 8; ++attempt) {
      const std::uint32_t place =
          metrics::counter_index(kSeed + attempt, key, static_cast<std::uint32_t>(windows_.size()));
      chosen = windows_[place];
      if (recording_of(chosen) != recording) break;
    }
    set_.read_window(window_at(set_, chosen), 0, audio);
    return audio;
  }

 private:
  std::int32_t recording_of(std::int64_t index) const {
    return set_.clips()[static_cast<std::size_t>(window_at(set_, index).clip)].recording;
  }

  const TrainingSet& set_;
  const ClipMeter& meter_;
  std::vector<std::int64_t> windows_;
};

NoisePoint point(ClipMeter& meter, const NoiseWindows& noise, std::optional<double> snr_db) {
  const auto outcome = meter.measure([&](std::int64_t window, std::span<float> audio) {
    if (snr_db) student::add_noise(audio, noise.noise_for(window), *snr_db);
  });
  return {snr_db, outcome.accuracy, outcome.strongest_reported};
}

}  // namespace

std::optional<NoiseFigures> measure_noise(const TrainingSet& set, const SplitScores& split,
                                          const SplitClips& clips, const SplitScores& noise_split,
                                          DeviceNetwork& network) {
  ClipMeter meter(set, split, clips, network, MeteredClips::reported);
  if (meter.clip_count() == 0) return std::nullopt;
  NoiseWindows noise(set, meter);
  noise.find(noise_split);
  if (noise_split.windows != split.windows) noise.find(split);

  NoiseFigures figures;
  figures.noise = noise.too_few()
                      ? "made pink noise, for there are no held-out recordings without the classes"
                      : "held-out recordings that hold none of the reported classes";
  figures.noise_count = noise.count();
  figures.clip_count = meter.clip_count();
  figures.against_truth = meter.against_truth();
  figures.points.push_back(point(meter, noise, std::nullopt));
  for (const double snr_db : kSnrsDb) figures.points.push_back(point(meter, noise, snr_db));
  return figures;
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
    row.set("strongest_reported", point.strongest_reported);
    points.push_back(row);
  }
  json.set("points", points);
  return json;
}

}  // namespace pupil::evaluation
