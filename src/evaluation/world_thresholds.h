// SPDX-License-Identifier: Apache-2.0
// Thresholds for the open world: how much of a class is found is read from windows that hold it, how often it is
// reported by mistake from hours of sounds that are none of the classes (negative_stream.h).

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "evaluation/calibration_fit.h"
#include "evaluation/negative_stream.h"
#include "model/model_writer.h"

namespace pupil::evaluation {

/// Of the validation windows that a class takes for itself, so many must be its own.
inline constexpr double kLeastPrecision = 0.5;

/// Where hardly anything of a class would be left, it may exceed its share of the promise so many times, not more:
/// rather a class that is missed than one that rings for everything.
inline constexpr double kMostTimes = 10;

/// One reported class at its threshold.
struct WorldThreshold {
  float threshold = 0.5F;
  double recall = 0;  ///< of the windows of the class; NaN where there are none
  double false_alarms_per_hour = 0;
  /// Its share of the promise holds, and kLeastRecall of it is left; else it is allowed more, or is muted.
  bool kept = true;
  bool muted =
      false;  ///< even kMostTimes its share would be exceeded: hardly anything of it is reported, or nothing
};

/// The model at one promised rate.
struct WorldPoint {
  double target_per_hour = 0;           ///< promised, all classes together
  std::vector<WorldThreshold> classes;  ///< [reported]
  double mean_recall = 0;               ///< over classes that have windows; NaN: none has
  double false_alarms_per_hour = 0;     ///< of all classes together, when all have these thresholds
};

class WorldThresholds {
 public:
  /// `image` has its calibration and its reported classes' number in its metadata. `data`: windows of recordings that
  /// validate, uncalibrated logits. `stream` was scored with the image's calibration and is not empty. All must outlive
  /// this object.
  WorldThresholds(const edge::ModelImage& image, const CalibrationData& data, const NegativeStream& stream);

  /// The lowest thresholds at which each class alone raises at most an even share of `per_hour` false alarms, and of the
  /// windows of `data` that vote for it at least kLeastPrecision are right. Where less than kLeastRecall of a class is
  /// left then, twice the share is allowed, and so on, up to kMostTimes the share (one event of the stream at least).
  /// Classes that are not reported have kLowestThreshold: they only have to lead.
  WorldPoint at(double per_hour) const;

  /// Sets the thresholds of all classes.
  static void apply(const WorldPoint& point, edge::ModelImage* image);

 private:
  struct Candidates {
    std::vector<float> thresholds;           // rising; the last is never reached
    std::vector<double> recalls;             // NaN: no window
    std::vector<double> precisions;          // of the windows that vote for the class, 1 where none does
    std::vector<std::int64_t> event_counts;  // falling: at this threshold or any higher one, at most
  };
  Candidates candidates_of(std::size_t k) const;
  static bool passes(const Candidates& candidates, std::size_t j, double allowed_events);
  static std::size_t lowest(const Candidates& candidates, double allowed_events);
  WorldThreshold choose(const Candidates& candidates, double share) const;
  void count_events_of_all();
  double total_per_hour(const WorldPoint& point) const;

  const edge::ModelImage& image_;
  const NegativeStream& stream_;
  std::size_t reported_ = 0;
  std::vector<float> scores_;            // [N, K] of data
  std::vector<std::int32_t> reference_;  // [N]
  std::vector<Candidates> candidates_;   // [reported]
};

/// Raises the thresholds of reported classes until no window of `clips` (mono, at the model's rate: inputs of a dead
/// microphone) is one of them; returns the names of the classes it had to raise.
std::vector<std::string> silence_dead_inputs(std::span<const std::vector<float>> clips,
                                             edge::ModelImage* image);

/// {"target": 1, "recall": 0.8, "false_alarms_per_hour": 0.5, "classes": [...]}
Json world_point_json(const WorldPoint& point, const edge::ModelImage& image);

}  // namespace pupil::evaluation
