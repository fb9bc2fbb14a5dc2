// SPDX-License-Identifier: Apache-2.0
// Whether a probability means what it says: reliability, expected calibration error, Brier score, and the one
// temperature that mends most of it.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::metrics {

/// Decisions whose confidence lies in (low, high]; the first bin also holds 0.
struct ReliabilityBin {
  double low = 0;
  double high = 0;
  std::int64_t count = 0;
  double confidence = 0;  ///< mean of the bin; NaN where it is empty
  double accuracy = 0;    ///< share that was right; NaN where it is empty
};

/// `bin_count` bins of equal width over [0, 1]. `confidences` [N] in [0, 1]; `right` [N]: 0 or not.
/// std::invalid_argument: lengths differ, a confidence out of range or NaN, no bins.
std::vector<ReliabilityBin> reliability_bins(std::span<const float> confidences,
                                             std::span<const std::uint8_t> right,
                                             std::int32_t bin_count = 15);

/// The same for the highest probability of each row. `probabilities` [N, class_count]; an item whose truth is
/// kNone is never right.
std::vector<ReliabilityBin> reliability_bins(std::span<const float> probabilities, std::int32_t class_count,
                                             std::span<const std::int32_t> truth,
                                             std::int32_t bin_count = 15);

/// ECE: |accuracy - confidence| of the bins, weighted by their counts; 0 is perfect. NaN where all are empty.
double expected_calibration_error(std::span<const ReliabilityBin> bins);

/// Brier's original score: mean over items of the sum over classes of (probability - truth)^2, 0 to 2.
/// Truth kNone: all classes are wrong. `probabilities` [N, class_count] in [0, 1].
double brier_score(std::span<const float> probabilities, std::int32_t class_count,
                   std::span<const std::int32_t> truth);

/// softmax(logits / temperature) row by row, [N, class_count].
std::vector<float> softmax(std::span<const float> logits, std::int32_t class_count, double temperature = 1);

/// Mean over items of -ln softmax(logits / temperature)[truth], nats. Logits finite, truth 0 .. K-1,
/// temperature > 0, else std::invalid_argument.
double negative_log_likelihood(std::span<const float> logits, std::int32_t class_count,
                               std::span<const std::int32_t> truth, double temperature = 1);

/// Bounds of fit_temperature().
inline constexpr double kMinTemperature = 0.01;
inline constexpr double kMaxTemperature = 100;

/// The temperature with the least negative_log_likelihood(), to 1e-9 of its value; the only one, as the
/// likelihood is convex in 1 / temperature. Above 1: the logits were too sure. Where the optimum lies outside
/// the bounds (all decisions right: the surer the better), the bound. Decisions do not change.
/// 1 where nothing can be fitted (no items, or logits that are equal within every row).
double fit_temperature(std::span<const float> logits, std::int32_t class_count,
                       std::span<const std::int32_t> truth);

}  // namespace pupil::metrics
