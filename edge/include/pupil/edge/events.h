// SPDX-License-Identifier: Apache-2.0
// From scores to events: spans of time with one class. A single window above its threshold is often a false
// alarm; an event needs several, continues while the class stays likely, and bridges short pauses.
//
// Usage, from samples of any number to events:
//
//     Status find_events(const Model& model, std::span<const float> samples, std::vector<Event>* events) {
//       std::vector<std::byte> stream_memory(Streamer::state_bytes(model, {}));
//       std::vector<std::byte> detector_memory(EventDetector::state_bytes(model));
//       Streamer stream;
//       EventDetector detector;
//       Status status = stream.init(model, {}, stream_memory);
//       if (status == Status::ok) status = detector.init(model, {}, detector_memory);
//
//       std::vector<Event> ended(static_cast<std::size_t>(reported_class_count(model)));
//       std::int32_t ended_count = 0;
//       while (status == Status::ok && !samples.empty()) {
//         std::size_t used = 0;
//         bool scored = false;
//         status = stream.push(samples, &used, &scored);
//         if (status != Status::ok) break;
//         samples = samples.subspan(used);
//         if (!scored) continue;
//         status = detector.push(stream.scores(), stream.window_end_samples(), ended, &ended_count);
//         events->insert(events->end(), ended.begin(), ended.begin() + ended_count);
//       }
//       if (status != Status::ok) return status;
//       status = detector.finish(ended, &ended_count);  // the events that had not ended
//       events->insert(events->end(), ended.begin(), ended.begin() + ended_count);
//       return status;
//     }

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pupil/edge/model.h"
#include "pupil/edge/status.h"

namespace pupil::edge {

struct EventOptions {
  /// An event starts when at least `votes` of the latest `of` windows voted for its class; a window votes for
  /// the class with the highest score among those at or above their thresholds. More votes: fewer false
  /// alarms, later detection; of a window a second long every 100 ms, even a click is in ten. 1 <= votes <= of <= 32.
  std::int32_t votes = 6;
  std::int32_t of = 10;

  /// Once started, it continues through windows whose score is at least this share of the class's threshold.
  /// 0 to 1; 1: no hysteresis.
  float release_share = 0.7F;

  /// Pauses up to this long do not end it: a dog that barks twice is one event.
  std::int32_t bridge_ms = 1000;
};

/// For windows that do not come every 100 ms (StreamOptions::hop_ms): `of` as many as come within a second, from
/// 3 to 32, and `votes` three fifths of them, at least 2.
EventOptions event_options_for(std::int32_t hop_ms) noexcept;

/// Times are in samples since the start of the stream, at the model's rate: from the middle of the first
/// window that voted to the middle of the last one that supported it, half a hop wider at both ends.
struct Event {
  std::int32_t class_index = 0;
  std::int64_t start_samples = 0;
  std::int64_t end_samples = 0;
  float peak_score = 0.0F;
};

/// Number of classes that are reported: the first ones. The others are recognised, so that they are not
/// mistaken for these ("speech", "rain"), and give no events. From the model's metadata "reported_classes";
/// all classes if that is absent or no valid number.
std::int32_t reported_class_count(const Model& model) noexcept;

/// Memory: all in the caller's state. Threads: one at a time per object.
class EventDetector {
 public:
  EventDetector() noexcept = default;
  EventDetector(const EventDetector&) = delete;
  EventDetector& operator=(const EventDetector&) = delete;

  /// Bytes that init() needs.
  static std::size_t state_bytes(const Model& model) noexcept;

  /// The model's file and `state` must outlive the detector; `state` needs no alignment. bad_argument: no
  /// model loaded, options out of range. arena_too_small: fewer than state_bytes() bytes.
  Status init(const Model& model, const EventOptions& options, std::span<std::byte> state) noexcept;

  /// The score from which a window votes for this class, instead of the model's, from the next window on; init() takes
  /// the model's again. Any class, reported or not. bad_argument: no such class, NaN, or init() has not succeeded.
  Status set_threshold(std::int32_t class_index, float threshold) noexcept;

  /// Takes the scores [K] of the window that ends at `window_end_samples` (Streamer::scores(),
  /// window_end_samples()); windows in the order of time. Events that have ended are written to `ended`, at
  /// most one per reported class. bad_argument: other sizes, `ended` cannot hold reported_class_count()
  /// events, or init() has not succeeded; then nothing changes.
  Status push(std::span<const float> scores, std::int64_t window_end_samples, std::span<Event> ended,
              std::int32_t* ended_count) noexcept;

  /// Ends the stream and the events that are still active. Afterwards the detector is ready for the next
  /// stream.
  Status finish(std::span<Event> ended, std::int32_t* ended_count) noexcept;

  /// Whether an event of this class is active. `now`, if not null, receives the event so far.
  bool active(std::int32_t class_index, Event* now = nullptr) const noexcept;

 private:
  struct ClassState {
    std::uint32_t votes = 0;  // a bit per window, the latest lowest
    bool active = false;
    std::int64_t first_end = 0;  // of the first window that voted for what is active
    std::int64_t last_end = 0;   // of the latest window that supported it
    float peak_score = 0.0F;
  };

  std::int32_t vote_of(std::span<const float> scores) const noexcept;
  void take_vote(ClassState* state, bool voted, float score, float threshold,
                 std::int64_t window_end) noexcept;
  Event event_of(std::int32_t k) const noexcept;

  Model model_;
  EventOptions options_;
  ClassState* states_ = nullptr;  // [reported]
  float* thresholds_ = nullptr;   // [K]
  std::int32_t reported_ = 0;
  std::int64_t bridge_samples_ = 0;
  std::int64_t hop_samples_ = 0;
  std::int64_t latest_end_ = -1;
};

}  // namespace pupil::edge
