// SPDX-License-Identifier: Apache-2.0
// How well one system (teacher, float student, int8 student) decides, against a reference: given labels, or
// what the teacher decided.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "metrics/bootstrap.h"
#include "metrics/calibration.h"
#include "metrics/confusion.h"

namespace pupil::evaluation {

/// Windows or clips that have a reference, and the recordings they belong to.
struct Items {
  std::vector<std::int32_t> reference;   ///< [N], a class or metrics::kNone
  std::vector<std::int64_t> recordings;  ///< [N], equal for items of one recording
  std::int64_t recording_count() const;
};

struct ClassResult {
  metrics::ClassFigures figures;
  double average_precision = 0;  ///< NaN where the class does not occur in the reference
  double auc = 0;                ///< NaN where it is all or nothing of the reference
};

struct SystemFigures {
  metrics::Interval accuracy;  ///< 95 %, bootstrap over recordings
  double balanced_accuracy = 0;
  double macro_f1 = 0;
  double mean_average_precision = 0;
  double calibration_error = 0;                      ///< ECE of the decisions
  std::vector<metrics::ReliabilityBin> reliability;  ///< 10 bins
  std::vector<ClassResult> classes;                  ///< [K]
  std::vector<std::int64_t> confusion;  ///< [K + 1, K + 1], rows: reference, columns: decided, "none" last
};

/// `scores` [N, class_count]; the highest decides. Probabilities, or the reliability means nothing.
SystemFigures measure_system(const Items& items, std::span<const float> scores, std::int32_t class_count);

/// {"value", "low", "high"}
Json interval_json(const metrics::Interval& interval);
Json reliability_json(std::span<const metrics::ReliabilityBin> bins);
Json figures_json(const SystemFigures& figures, std::span<const std::string> class_names);

}  // namespace pupil::evaluation
