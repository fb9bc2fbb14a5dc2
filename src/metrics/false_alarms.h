// SPDX-License-Identifier: Apache-2.0
// Events against what was really there: found, missed, and false alarms per hour.

#pragma once

#include <cstdint>
#include <span>

namespace pupil::metrics {

/// A span of time with one class, in seconds from the start of its recording; start_s <= end_s.
struct Event {
  std::int32_t class_index = 0;
  double start_s = 0;
  double end_s = 0;
};

/// Counts of one recording; add them up over recordings.
struct EventFigures {
  std::int64_t found_count = 0;        ///< true events that some detected event of their class touches
  std::int64_t missed_count = 0;       ///< the others
  std::int64_t false_alarm_count = 0;  ///< detected events that touch no true event of their class

  EventFigures& operator+=(const EventFigures& other);
};

/// Two events touch when they share a moment after the true one was widened by `collar_s` at both ends
/// (a detector scores a window at a time, and a person's marks are rough). One true event may be found by
/// many detected ones: those are no false alarms. Both lists in any order.
/// std::invalid_argument: a time that is not finite, an event that ends before it starts, a negative collar.
EventFigures match_events(std::span<const Event> detected, std::span<const Event> truth,
                          double collar_s = 0.5);

/// false_alarm_count / hours; NaN where `duration_s`, the length of all that was listened to, is not above 0.
double false_alarms_per_hour(const EventFigures& figures, double duration_s);

}  // namespace pupil::metrics
