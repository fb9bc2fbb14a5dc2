// SPDX-License-Identifier: Apache-2.0
// From scores to decisions, and how many of them are right.
//
// All of pupil::metrics: plain functions on arrays. Classes are numbered 0 .. K-1; kNone stands for "none of
// these" on both sides. Matrices are row-major, [N, K]: N items (windows or clips), K classes. What is asked
// against the rules (lengths that differ, a class out of range, a NaN where a number is needed) is a
// std::invalid_argument; what has no value (the accuracy of nothing, the recall of a class that does not
// occur) is NaN. No function keeps state; all may be called from any thread.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::metrics {

/// As truth: the item holds none of the classes. As decision: no class passed, or the scores were NaN.
inline constexpr std::int32_t kNone = -1;

/// The class with the highest score of each row; the lowest number where several are equal. A row that holds
/// a NaN gives kNone: it says nothing, and counts as wrong unless the truth is kNone too.
/// `scores` [N, class_count], any scale.
std::vector<std::int32_t> decide(std::span<const float> scores, std::int32_t class_count);

/// As decide(), among the classes whose score is at least their threshold; kNone when no class passes.
/// `thresholds` [K]; +infinity: never.
std::vector<std::int32_t> decide_above(std::span<const float> scores, std::span<const float> thresholds);

/// Share of decisions equal to the truth, 0 to 1.
double accuracy(std::span<const std::int32_t> truth, std::span<const std::int32_t> decided);

/// Share of items on which the two decide the same, right or wrong.
double agreement(std::span<const std::int32_t> student, std::span<const std::int32_t> teacher);

/// Student's accuracy / teacher's accuracy on the same items; above 1 where the student is better. NaN where
/// the teacher is never right.
double retained_accuracy(std::span<const std::int32_t> truth, std::span<const std::int32_t> student,
                         std::span<const std::int32_t> teacher);

/// What deciding only at high scores costs and brings.
struct CoveragePoint {
  float threshold = 0;
  double coverage = 0;  ///< share of items whose highest score is at least the threshold
  double accuracy = 0;  ///< of those items; NaN where there are none
};

/// One point for each of `thresholds`, in their order. Items whose truth is kNone take part: deciding on them
/// is wrong. `scores` [N, class_count].
std::vector<CoveragePoint> accuracy_at_thresholds(std::span<const float> scores, std::int32_t class_count,
                                                  std::span<const std::int32_t> truth,
                                                  std::span<const float> thresholds);

}  // namespace pupil::metrics
