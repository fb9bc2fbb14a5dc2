// SPDX-License-Identifier: Apache-2.0
// Thresholds for a promised rate, from what a place sounds like: `pupil listen --calibrate`.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "listen/listen_config.h"
#include "listen/sink.h"

namespace pupil::listen {

/// Counts, for each of many thresholds at once, the events that a class's scores would have made under its rule.
/// Thresholds are even in log odds from 0.005 to 0.9995: there is as much to choose near 1 as in the middle.
class ThresholdLadder {
 public:
  static constexpr std::size_t kSteps = 256;
  static float threshold(std::size_t step);

  explicit ThresholdLadder(const EventRule& rule) : rule_(rule) {}

  void push(float score, Time end);

  std::int64_t window_count() const { return window_count_; }
  std::int64_t events_at(std::size_t step) const { return steps_[step].events; }
  /// Events at the last step that is at or below `threshold`.
  std::int64_t events_at_threshold(double threshold) const;
  /// Windows with at least this step's score: the histogram of scores, summed from above.
  std::int64_t windows_at(std::size_t step) const { return steps_[step].windows; }
  /// The lowest threshold with at most `events`; above 1: none.
  double lowest_threshold(std::int64_t events) const;

 private:
  struct Step {
    std::uint32_t votes = 0;
    bool active = false;
    Time last{};
    std::int64_t events = 0;
    std::int64_t windows = 0;
  };

  EventRule rule_;
  std::array<Step, kSteps> steps_;
  std::int64_t window_count_ = 0;
};

/// What calibration found for a class of a source.
struct Proposal {
  std::string source;
  std::string class_name;
  double hours = 0;         ///< of audio
  double threshold = 0;     ///< in force while it was counted
  std::int64_t events = 0;  ///< at that threshold
  double proposed = 0;      ///< above 1: even the highest gives more
  std::int64_t proposed_events = 0;
};

/// Counts while it listens. Of several models with a class of one name, the first's is counted.
class CalibrationSink : public Sink {
 public:
  explicit CalibrationSink(const ListenConfig& config) : config_(config) {}

  void configured(std::span<const std::string> sources, std::span<const ListenedModel> models) override;
  void window_scored(const ScoredWindow& window) override;

  /// For at most `per_day` events a day: all that was counted is taken to be false. By source and class.
  std::vector<Proposal> proposals(double per_day) const;

 private:
  struct Class {
    std::string model;
    float threshold = 0;
    ThresholdLadder ladder;
  };
  struct Hours {
    Time last{};
    double seconds = 0;
  };

  const ListenConfig& config_;
  std::map<std::string, std::vector<std::string>, std::less<>> classes_;  // reported, by model
  std::map<std::pair<std::string, std::string>, Class> counted_;          // by source and class
  std::map<std::string, Hours> hours_;
};

/// For people, one line a class.
std::string proposal_text(const std::vector<Proposal>& proposals, double per_day);

/// [[rule]] tables with the proposed thresholds, between two comments by which with_rules() finds them again.
std::string rule_text(const std::vector<Proposal>& proposals);

/// `config_text` with these rules at its end, in the place of those of an earlier calibration.
std::string with_rules(std::string config_text, const std::string& rules);

}  // namespace pupil::listen
