// SPDX-License-Identifier: Apache-2.0
// Per-class thresholds from validation data, for a stated precision or a stated rate of false alarms. An item
// passes when its score is at least the threshold. Of all thresholds that keep the promise the lowest is
// taken: it misses least.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::metrics {

/// A threshold and what it does on the data it was chosen from.
struct OperatingPoint {
  /// Halfway between the lowest score that passes and the highest that does not (so that the rounding of
  /// scores decides nothing); lowest() where all pass; +infinity where no threshold keeps the promise.
  float threshold = 0;
  double precision = 0;              ///< of the items that pass; NaN where none does
  double recall = 0;                 ///< share of the relevant items that pass; NaN where nothing is relevant
  double false_alarms_per_hour = 0;  ///< NaN from threshold_for_precision(), which knows no hours
};

/// The lowest threshold at which at least `target_precision` (0 to 1) of what passes is relevant, and at
/// least one relevant item passes. `scores` [N], `relevant` [N]: 0 or not. std::invalid_argument: lengths
/// differ, a NaN score, a target out of range.
OperatingPoint threshold_for_precision(std::span<const float> scores, std::span<const std::uint8_t> relevant,
                                       double target_precision);

/// The lowest threshold from which upward there are at most `target_per_hour` false alarms in `duration_s` of
/// audio. A false alarm is an unbroken run of windows that pass and are not relevant: neighbours in `scores`
/// with the same `stream_ids` (recording), so give the windows of a stream in the order of time. All [N].
/// std::invalid_argument: as above; a duration that is not positive, a negative target.
OperatingPoint threshold_for_false_alarms(std::span<const float> scores,
                                          std::span<const std::uint8_t> relevant,
                                          std::span<const std::int64_t> stream_ids, double duration_s,
                                          double target_per_hour);

/// threshold_for_precision() for each class against all others. `scores` [N, class_count]; `truth` [N],
/// kNone: relevant to no class.
std::vector<OperatingPoint> thresholds_for_precision(std::span<const float> scores, std::int32_t class_count,
                                                     std::span<const std::int32_t> truth,
                                                     double target_precision);

/// threshold_for_false_alarms() for each class; the target is per class.
std::vector<OperatingPoint> thresholds_for_false_alarms(std::span<const float> scores,
                                                        std::int32_t class_count,
                                                        std::span<const std::int32_t> truth,
                                                        std::span<const std::int64_t> stream_ids,
                                                        double duration_s, double target_per_hour);

}  // namespace pupil::metrics
