// SPDX-License-Identifier: Apache-2.0
// What the tests of this module share: a model that tells a tone from noise, and a sink that remembers.

#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "base/test_folder.h"
#include "listen/lane.h"
#include "listen/sink.h"
#include "listen/source_clock.h"
#include "model/model_writer.h"
#include "model/random_model.h"

namespace pupil::listen {

inline constexpr std::int32_t kTestRateHz = 16000;
inline const EventRule kTwoOfThree{.votes = 2, .of = 3};

inline std::vector<std::int16_t> test_noise(double seconds, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * kTestRateHz));
  for (auto& sample : samples) sample = static_cast<std::int16_t>(static_cast<int>(random() % 401) - 200);
  return samples;
}

inline std::vector<std::int16_t> test_tone(double seconds) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * kTestRateHz));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] =
        static_cast<std::int16_t>(9000 * std::sin(2 * M_PI * 1000 * static_cast<double>(i) / kTestRateHz));
  return samples;
}

inline std::vector<std::int16_t> operator+(std::vector<std::int16_t> a, const std::vector<std::int16_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A model file of half-second windows whose class "tone" scores high on test_tone() and low on test_noise(); "other" is
/// the reverse. Both are reported, each for itself. The network's weights are random, the classes' scales fitted.
inline void write_tone_model(const std::filesystem::path& path, std::uint64_t seed = 1) {
  edge::ModelSketch sketch = edge::named_sketch("micro");
  sketch.mel_count = 64;
  sketch.window_frames = 48;
  sketch.class_count = 2;
  sketch.score_kind = edge::ScoreKind::sigmoid;
  edge::ModelImage image = edge::random_model(sketch, seed);
  const auto write = [&] {
    const std::vector<std::byte> bytes = edge::write_model(image);
    const auto part = path.string() + ".part";
    std::ofstream(part, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    std::filesystem::rename(part, path);
  };
  const char* const names[] = {"tone", "other"};
  for (std::size_t k = 0; k < 2; ++k) image.classes[k] = {names[k], "", 0.5F, 1e-3F, 0.0F};
  write();
  const auto logits = [&](const std::vector<std::int16_t>& samples) {
    Lane lane(
        std::make_shared<const LoadedModel>(ModelSpec{.name = "m", .path = path.string()}, path.string()),
        {kTwoOfThree, kTwoOfThree}, 100, 0);
    double sums[2] = {0, 0};
    std::int64_t count = 0;
    lane.push(samples, [&](const Lane::Window& window) {
      for (std::size_t k = 0; k < 2; ++k)
        sums[k] += std::log(window.scores[k] / (1.0F - window.scores[k])) / 1e-3;
      ++count;
    });
    return std::pair(sums[0] / static_cast<double>(count), sums[1] / static_cast<double>(count));
  };
  const auto tone = logits(test_tone(2)), noise = logits(test_noise(2));
  const double low[] = {noise.first, tone.second}, high[] = {tone.first, noise.second};
  for (std::size_t k = 0; k < 2; ++k) {  // from -4 at the low sound to 4 at the high one
    const double gain = 8 / (high[k] - low[k]);
    image.classes[k] = {names[k], "", 0.5F, static_cast<float>(gain), static_cast<float>(-4 - gain * low[k])};
  }
  image.metadata.push_back({"reported_classes", "1"});
  write();
}

inline void write_samples(const std::filesystem::path& path, const std::vector<std::int16_t>& samples) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(samples.data()), static_cast<std::streamsize>(2 * samples.size()));
}

/// A file of one line, with its folders.
inline void write_line(const std::filesystem::path& file, const std::string& line) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << line << "\n";
}

/// Copies of all it is told.
struct MemorySink : Sink {
  void configured(std::span<const std::string>, std::span<const ListenedModel> models) override {
    configured_count++;
    for (const auto& model : models) hashes.push_back(model.sha256);
  }
  void source_changed(const SourceStatus& status) override { statuses.push_back(status); }
  void window_scored(const ScoredWindow& window) override {
    window_ends.push_back(window.end);
    scores.emplace_back(window.scores.begin(), window.scores.end());
    frame_count += window.frame_bins > 0 ? std::ssize(window.frames) / window.frame_bins : 0;
  }
  bool wants_frames() const override { return true; }
  void event_started(const Event& event) override { started.push_back(event); }
  void event_ended(const Event& event) override { ended.push_back(event); }
  void near_miss(const NearMiss& miss) override { misses.push_back(miss); }
  void shadow_event(std::string_view, const Event& event) override { shadows.push_back(event); }

  int configured_count = 0;
  std::int64_t frame_count = 0;
  std::vector<std::string> hashes;
  std::vector<SourceStatus> statuses;
  std::vector<Time> window_ends;
  std::vector<std::vector<float>> scores;
  std::vector<Event> started, ended, shadows;
  std::vector<NearMiss> misses;
};

/// Midnight of a day, and so many seconds.
inline Moment test_moment(double seconds) {
  const auto ms = std::chrono::milliseconds(std::llround(seconds * 1000));
  return {Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 29)) + ms,
          std::chrono::milliseconds(1'000'000) + ms};
}

}  // namespace pupil::listen
