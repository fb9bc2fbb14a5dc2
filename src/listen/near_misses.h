// SPDX-License-Identifier: Apache-2.0
// The best window of each class and minute that became no event.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "listen/event.h"

namespace pupil::listen {

/// Of one source and model. Memory: a window's scores a class.
class NearMissTracker {
 public:
  struct Best {
    std::int32_t class_index = 0;
    std::int64_t middle_samples = 0;  ///< of the window, since the stretch of audio began
    Time time;
    float score = 0.0F;
    std::vector<float> scores;  ///< [K]
  };

  /// `classes`: the reported ones. `floor`: share of the threshold from which a window counts.
  NearMissTracker(std::int32_t classes, double floor)
      : floor_(floor), states_(static_cast<std::size_t>(classes)) {}

  /// Takes the scores [K] of a window. `in_event(k)`: an event of the class goes on, so its minute has none to tell.
  /// Returns what the minutes that are over had; valid until the next call.
  template <typename InEvent>
  std::span<const Best> push(std::span<const float> scores, std::span<const float> thresholds,
                             std::int64_t middle_samples, Time time, const InEvent& in_event) {
    const std::int64_t minute = std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
    over_.clear();
    if (minute != minute_) end_minute();
    minute_ = minute;
    for (std::size_t k = 0; k < states_.size(); ++k) {
      State& state = states_[k];
      state.had_event = state.had_event || in_event(static_cast<std::int32_t>(k));
      const bool counts = scores[k] >= static_cast<float>(floor_) * thresholds[k] && scores[k] > 0;
      if (!counts || (state.best && scores[k] <= state.best->score)) continue;
      state.best =
          Best{static_cast<std::int32_t>(k), middle_samples, time, scores[k], {scores.begin(), scores.end()}};
    }
    return over_;
  }

  /// The audio is interrupted, or over: what this minute had so far.
  std::span<const Best> finish() {
    over_.clear();
    end_minute();
    return over_;
  }

 private:
  struct State {
    std::optional<Best> best;
    bool had_event = false;
  };

  void end_minute() {
    for (State& state : states_) {
      if (state.best && !state.had_event) over_.push_back(std::move(*state.best));
      state = {};
    }
  }

  double floor_;
  std::vector<State> states_;  // [reported]
  std::vector<Best> over_;
  std::int64_t minute_ = 0;
};

}  // namespace pupil::listen
