// SPDX-License-Identifier: Apache-2.0
#include "metrics/false_alarms.h"

#include <algorithm>
#include <cmath>

#include "metrics/checks.h"
#include "metrics/undefined.h"

namespace pupil::metrics {
namespace {

void check(std::span<const Event> events) {
  for (const Event& event : events) {
    require(std::isfinite(event.start_s) && std::isfinite(event.end_s), "match_events: a time is not finite");
    require(event.start_s <= event.end_s, "match_events: an event ends before it starts");
  }
}

bool touch(const Event& detected, const Event& truth, double collar_s) {
  return detected.class_index == truth.class_index && detected.start_s <= truth.end_s + collar_s &&
         detected.end_s >= truth.start_s - collar_s;
}

}  // namespace

EventFigures& EventFigures::operator+=(const EventFigures& other) {
  found_count += other.found_count;
  missed_count += other.missed_count;
  false_alarm_count += other.false_alarm_count;
  return *this;
}

EventFigures match_events(std::span<const Event> detected, std::span<const Event> truth, double collar_s) {
  require(collar_s >= 0, "match_events: the collar must not be negative");
  check(detected);
  check(truth);
  EventFigures figures;
  for (const Event& real : truth) {
    const bool found = std::any_of(detected.begin(), detected.end(),
                                   [&](const Event& heard) { return touch(heard, real, collar_s); });
    ++(found ? figures.found_count : figures.missed_count);
  }
  for (const Event& heard : detected) {
    const bool real = std::any_of(truth.begin(), truth.end(),
                                  [&](const Event& event) { return touch(heard, event, collar_s); });
    figures.false_alarm_count += real ? 0 : 1;
  }
  return figures;
}

double false_alarms_per_hour(const EventFigures& figures, double duration_s) {
  if (!(duration_s > 0)) return kUndefined;
  return static_cast<double>(figures.false_alarm_count) / (duration_s / 3600);
}

}  // namespace pupil::metrics
