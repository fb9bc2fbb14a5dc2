// SPDX-License-Identifier: Apache-2.0
// Temperature and thresholds from validation data, for a promise that a person can state.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "evaluation/split_scores.h"
#include "pupil/edge/model.h"

namespace pupil::evaluation {

/// What each class promises. Where the data cannot keep it (a class that is too often mistaken), the nearest
/// weaker promise that it can is taken, and said.
struct CalibrationTarget {
  enum class Kind { precision, false_alarms };
  Kind kind = Kind::precision;
  /// Share of a class's detections that are right, 0 to 1; or false alarms per hour of each class.
  double value = 0.8;
};

/// Windows with a reference. Streams are clips: windows of one stand together, in the order of time.
struct CalibrationData {
  std::vector<float> logits;            ///< [N, K], before calibration
  std::vector<std::int32_t> reference;  ///< [N], a class or metrics::kNone
  std::vector<std::int64_t> streams;    ///< [N]
  double duration_s = 0;                ///< of the audio under the windows
};

struct ClassThreshold {
  float threshold = 0.5F;
  /// On the data it was fitted to; NaN where nothing passes or is relevant.
  double precision = 0;
  double recall = 0;
  double false_alarms_per_hour = 0;
  std::int64_t reference_count = 0;
  bool kept = true;       ///< whether the promise holds on that data
  double kept_value = 0;  ///< the promise that does; NaN where the default threshold had to do
};

struct CalibrationFit {
  double temperature = 1.0;
  std::vector<ClassThreshold> classes;  ///< [K]
  /// Of the decisions on the data fitted to.
  double error_before = 0;
  double error_after = 0;
  std::int64_t window_count = 0;
};

/// Thresholds below this promise nothing on sounds that were never met; lower ones become this.
inline constexpr float kLowestThreshold = 0.05F;
/// A threshold that lets less than this share of a class pass keeps its promise by silence: a weaker promise
/// is tried then.
inline constexpr double kLeastRecall = 0.1;

/// Windows of `split` that window_reference() knows, with the model's logits.
CalibrationData calibration_data(const student::TrainingSet& set, std::span<const std::int64_t> windows,
                                 std::span<const float> logits);

/// Without data: temperature 1, thresholds 0.5. `kind` says how logits become scores.
CalibrationFit fit_calibration(const CalibrationData& data, std::int32_t class_count, edge::ScoreKind kind,
                               const CalibrationTarget& target);

/// What a class's threshold does on other data (`scores` calibrated, [N, K]).
ClassThreshold judge_threshold(std::span<const float> scores, std::span<const std::int32_t> reference,
                               std::span<const std::int64_t> streams, double duration_s,
                               std::int32_t class_count, std::int32_t class_index, float threshold);

/// {"kind": "precision", "value": 0.8}
Json target_json(const CalibrationTarget& target);
Json threshold_json(const ClassThreshold& threshold, const std::string& class_name);

}  // namespace pupil::evaluation
