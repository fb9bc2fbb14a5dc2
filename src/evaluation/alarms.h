// SPDX-License-Identifier: Apache-2.0
// Detections on long audio, at the model's thresholds, and how many of them were false.

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "metrics/false_alarms.h"
#include "pupil/edge/model.h"

namespace pupil::evaluation {

/// Pauses shorter than this do not end an event: a dog that barks twice is one alarm.
inline constexpr double kBridgeSeconds = 1.0;

/// Joins windows into events. A window counts for one class: the highest of those whose scores pass their
/// thresholds (metrics::decide_above). Give windows in the order of time.
class EventBuilder {
 public:
  /// `thresholds` [K]; only the first `reported_count` classes become events.
  EventBuilder(std::vector<float> thresholds, std::int32_t reported_count);

  /// `scores` [K], calibrated, of the window from `start_s` to `end_s`.
  void add(double start_s, double end_s, std::span<const float> scores);

  /// Events that have begun so far, by class, each by time.
  std::vector<metrics::Event> events() const;

 private:
  std::vector<float> thresholds_;
  std::vector<std::vector<metrics::Event>> events_;  // by class
};

/// What was reported in one recording, or in several taken together.
struct AlarmFigures {
  std::string name;
  double duration_s = 0;
  bool has_truth = false;                 ///< its events are known; otherwise every event is a false alarm
  std::vector<std::int64_t> false_count;  ///< per reported class
  metrics::EventFigures events;
  double per_hour() const { return metrics::false_alarms_per_hour(events, duration_s); }
};

/// Adds what was detected in `duration_s` of audio that holds `truth`.
void add_detections(std::span<const metrics::Event> detected, std::span<const metrics::Event> truth,
                    double duration_s, AlarmFigures* figures);

/// Thresholds of a model, [K].
std::vector<float> model_thresholds(const edge::Model& model);

/// Streams a recording through the model, a window every 100 ms, in flat memory, and returns its events: those that
/// `pupil classify --events` and a device report (edge::EventDetector).
/// `*duration_s`: its length. Error: it cannot be decoded, with the path in front.
std::vector<metrics::Event> score_recording(const edge::Model& model, const std::filesystem::path& path,
                                            std::int32_t reported_count, double* duration_s);

Json alarms_json(const AlarmFigures& figures, std::span<const std::string> class_names);

}  // namespace pupil::evaluation
