// SPDX-License-Identifier: Apache-2.0
// The confusion matrix and what is read from it: precision, recall and F1 per class, and their means.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/decisions.h"

namespace pupil::metrics {

/// One class against all others. Shares are 0 to 1, NaN where nothing can be said.
struct ClassFigures {
  std::int64_t truth_count = 0;    ///< items that are this class
  std::int64_t decided_count = 0;  ///< items decided to be it
  std::int64_t right_count = 0;    ///< both
  double precision = 0;            ///< right / decided; NaN where it was never decided
  double recall = 0;               ///< right / truth; NaN where it does not occur
  double f1 = 0;                   ///< 2 right / (truth + decided); NaN where both are 0
};

/// Counts of truth (rows) against decision (columns), K classes and kNone as the last row and column.
class ConfusionMatrix {
 public:
  /// std::invalid_argument: lengths differ, or a number that is neither kNone nor below `class_count`.
  ConfusionMatrix(std::span<const std::int32_t> truth, std::span<const std::int32_t> decided,
                  std::int32_t class_count);

  std::int32_t class_count() const { return class_count_; }

  /// Items of class `truth` decided as `decided`; each 0 .. K-1 or kNone.
  std::int64_t count(std::int32_t truth, std::int32_t decided) const;

  /// [K + 1, K + 1], row-major, kNone last. Lives as long as this object.
  std::span<const std::int64_t> counts() const { return counts_; }

  ClassFigures figures(std::int32_t class_index) const;

  double accuracy() const;

  /// Mean recall over the classes that occur in the truth, kNone among them where it occurs.
  double balanced_accuracy() const;

  /// Mean F1 over the classes that occur in the truth or among the decisions; kNone only where it occurs in
  /// the truth (to abstain costs recall, not a class of its own).
  double macro_f1() const;

 private:
  std::size_t place(std::int32_t class_index) const;

  std::int32_t class_count_;
  std::vector<std::int64_t> counts_;
};

}  // namespace pupil::metrics
