// SPDX-License-Identifier: Apache-2.0
// One model on one source: scores its audio and finds events and near misses in it.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "listen/audio_ring.h"
#include "listen/event_tracker.h"
#include "listen/loaded_model.h"
#include "listen/near_misses.h"
#include "pupil/edge/stream.h"

namespace pupil::listen {

/// Threads: one. Samples are counted from the beginning of the source's stretch of audio, as the ring does.
class Lane {
 public:
  /// `rules`: of the reported classes. Error: the model cannot be run with that hop.
  Lane(std::shared_ptr<const LoadedModel> model, std::vector<EventRule> rules, std::int32_t hop_ms,
       double near_miss_floor);

  struct Window {
    std::span<const float> scores;  ///< [K]
    std::int64_t end_samples = 0;
    double inference_s = 0;
  };
  using TakeWindow = std::function<void(const Window& window)>;

  /// Scores what follows on the samples before.
  void push(std::span<const std::int16_t> samples, const TakeWindow& take);

  /// A new stretch of audio begins.
  void restart();
  /// Takes up a stretch that goes on: its first score is that of the first window that ends at `next_end_samples` or
  /// later, as if it had been there all along. What it needs of the past is taken from `ring`.
  void catch_up(const AudioRing& ring, std::int64_t next_end_samples);

  const LoadedModel& model() const { return *model_; }
  EventTracker& tracker() { return tracker_; }
  const EventTracker& tracker() const { return tracker_; }
  NearMissTracker& near_misses() { return near_misses_; }
  std::int64_t hop_samples() const { return stream_->hop_samples(); }
  std::int64_t window_samples() const { return model_->model().window_samples(); }
  /// Where the next window ends.
  std::int64_t next_end_samples() const { return next_end_; }
  /// `sample` or the last one before it at which a window begins: a clip that begins there has the windows that were
  /// scored.
  std::int64_t window_begin_before(std::int64_t sample) const;

  std::vector<ClassScore> top(std::span<const float> scores) const;

 private:
  std::shared_ptr<const LoadedModel> model_;
  std::vector<std::byte> state_;
  std::unique_ptr<edge::Streamer> stream_;
  EventTracker tracker_;
  NearMissTracker near_misses_;
  std::int64_t origin_ = 0;  // where the stream's first sample is
  std::int64_t next_end_ = 0;
};

}  // namespace pupil::listen
