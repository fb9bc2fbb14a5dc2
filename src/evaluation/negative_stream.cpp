// SPDX-License-Identifier: Apache-2.0
#include "evaluation/negative_stream.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check_status.h"
#include "base/counter_random.h"
#include "pupil/edge/stream.h"
#include "student/audio_effects.h"

namespace pupil::evaluation {
namespace {

// What a draw is for: keys of CounterRandom.
enum Purpose : std::uint64_t { kOrder = 1, kClip = 2 };

constexpr double kLeastGainDb = -20, kMostGainDb = 6;
constexpr double kLeastGapS = 0.3, kMostGapS = 1.5;
constexpr double kFloorDb = -70;  // of the noise between clips

/// Pushes samples and keeps what is scored.
class Scorer {
 public:
  explicit Scorer(const edge::Model& model) : state_(edge::Streamer::state_bytes(model, {})) {
    check_status(stream_.init(model, {}, state_), "the model's stream");
    result_.class_count = static_cast<std::size_t>(model.class_count());
  }

  void push(std::span<const float> samples) {
    while (!samples.empty()) {
      std::size_t used = 0;
      bool scored = false;
      check_status(stream_.push(samples, &used, &scored), "the model's stream");
      samples = samples.subspan(used);
      if (!scored) continue;
      result_.ends.push_back(stream_.window_end_samples());
      result_.scores.insert(result_.scores.end(), stream_.scores().begin(), stream_.scores().end());
    }
  }

  NegativeStream finish() { return std::move(result_); }

 private:
  std::vector<std::byte> state_;
  edge::Streamer stream_;
  NegativeStream result_;
};

std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed, std::uint64_t pass) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  CounterRandom random(seed, kOrder, pass, 0);
  for (std::size_t i = count; i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
  return order;
}

// The clip as it comes this time, and a pause behind it.
std::vector<float> next_sound(std::vector<float> audio, double rate_hz, CounterRandom& random) {
  constexpr double kHalf = 0.5, kColourDb = 8;
  if (random.chance(kHalf)) student::add_room(audio, rate_hz, random);
  if (random.chance(kHalf)) student::colour(audio, rate_hz, kColourDb, random);
  const auto gain = static_cast<float>(std::pow(10.0, random.uniform(kLeastGainDb, kMostGainDb) / 20));
  for (float& x : audio) x *= gain;
  audio.resize(audio.size() + static_cast<std::size_t>(random.uniform(kLeastGapS, kMostGapS) * rate_hz));
  const double floor = std::pow(10.0, kFloorDb / 20);
  for (float& x : audio)
    x = static_cast<float>(std::clamp(x + floor * (2 * random.uniform() - 1), -1.0, 1.0));
  return audio;
}

}  // namespace

NegativeStream stream_negatives(const edge::Model& model, std::span<const std::vector<float>> clips,
                                const NegativeStreamOptions& options) {
  Scorer scorer(model);
  const double rate_hz = model.front_end().sample_rate_hz;
  double unique_samples = 0;
  for (const std::vector<float>& clip : clips) unique_samples += static_cast<double>(clip.size());
  const double wanted = options.hours * 3600 * rate_hz;
  double pushed = 0;
  std::vector<NegativeStream::Sound> sounds;
  for (std::uint64_t pass = 0; unique_samples > 0 && pushed < wanted; ++pass) {
    for (const std::size_t index : shuffled(clips.size(), options.seed, pass)) {
      CounterRandom random(options.seed, kClip, pass, index);
      const std::vector<float> audio = next_sound(clips[index], rate_hz, random);
      sounds.push_back({static_cast<std::int64_t>(pushed), index});
      scorer.push(audio);
      pushed += static_cast<double>(audio.size());
      if (pushed >= wanted) break;
    }
  }
  NegativeStream stream = scorer.finish();
  stream.sounds = std::move(sounds);
  stream.duration_s = pushed / rate_hz;
  stream.unique_s = unique_samples / rate_hz;
  return stream;
}

NegativeStream stream_exactly(const edge::Model& model, std::span<const float> clip) {
  Scorer scorer(model);
  scorer.push(clip);
  NegativeStream stream = scorer.finish();
  stream.unique_s = stream.duration_s = static_cast<double>(clip.size()) / model.front_end().sample_rate_hz;
  return stream;
}

std::size_t NegativeStream::clip_at(std::int64_t samples) const {
  const auto next = std::ranges::upper_bound(sounds, samples, {}, &Sound::begin_samples);
  return std::prev(next)->clip;
}

std::vector<edge::Event> list_events(const edge::Model& model, const NegativeStream& stream) {
  std::vector<std::byte> state(edge::EventDetector::state_bytes(model));
  edge::EventDetector detector;
  check_status(detector.init(model, {}, state), "the model's events");
  const auto reported = static_cast<std::size_t>(edge::reported_class_count(model));
  std::vector<edge::Event> ended(reported), events;
  std::int32_t ended_count = 0;
  const auto take = [&](edge::Status status) {
    check_status(status, "the model's events");
    events.insert(events.end(), ended.begin(), ended.begin() + ended_count);
  };
  for (std::size_t t = 0; t < stream.ends.size(); ++t) {
    const auto row = std::span(stream.scores).subspan(t * stream.class_count, stream.class_count);
    take(detector.push(row, stream.ends[t], ended, &ended_count));
  }
  take(detector.finish(ended, &ended_count));
  return events;
}

std::vector<std::int64_t> count_events(const edge::Model& model, const NegativeStream& stream) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(edge::reported_class_count(model)));
  for (const edge::Event& event : list_events(model, stream))
    ++counts[static_cast<std::size_t>(event.class_index)];
  return counts;
}

AlarmFigures stream_alarms(const edge::Model& model, const NegativeStream& stream, std::string name) {
  AlarmFigures figures;
  figures.name = std::move(name);
  figures.duration_s = stream.duration_s;
  figures.false_count = count_events(model, stream);
  figures.events.false_alarm_count =
      std::accumulate(figures.false_count.begin(), figures.false_count.end(), std::int64_t{0});
  return figures;
}

}  // namespace pupil::evaluation
