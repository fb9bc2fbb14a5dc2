// SPDX-License-Identifier: Apache-2.0
// Calibration of probabilities: reliability bins, expected calibration error, Brier score, and the temperature that
// makes a network's confidence mean what it says (Guo et al. 2017).
//
// fit_temperature() minimises a convex function of b = 1 / temperature. Newton's method finds it in a few steps; a bracket
// kept by the sign of the slope catches those steps that leave it, so it cannot diverge on separable data, where the best
// b is infinite and kMinTemperature is returned.

#include "metrics/calibration.h"

#include <algorithm>
#include <cmath>

#include "metrics/checks.h"
#include "metrics/decisions.h"
#include "metrics/undefined.h"

namespace pupil::metrics {
namespace {

void require_probability(float value) {
  require(value >= 0 && value <= 1, "calibration: a probability is not within 0 to 1");
}

void check_logits(std::span<const float> logits, std::int32_t class_count,
                  std::span<const std::int32_t> truth) {
  require_same_length(row_count(logits, class_count), truth.size(), "calibration");
  for (const float logit : logits) require(std::isfinite(logit), "calibration: a logit is not finite");
  for (const std::int32_t k : truth) require(k >= 0 && k < class_count, "calibration: class out of range");
}

// Derivatives of the summed negative log likelihood by b = 1 / temperature. With p = softmax(b z):
// first = sum of E_p[z] - z_truth, second = sum of Var_p[z] >= 0.
struct Slope {
  double first = 0;
  double second = 0;
};

Slope likelihood_slope(std::span<const float> logits, std::size_t columns,
                       std::span<const std::int32_t> truth, double inverse_temperature) {
  Slope slope;
  for (std::size_t n = 0; n < truth.size(); ++n) {
    const std::span<const float> row = logits.subspan(n * columns, columns);
    const double top = *std::max_element(row.begin(), row.end());
    double weight = 0;
    double sum = 0;
    double square_sum = 0;
    for (const float logit : row) {
      const double below_top = logit - top;
      const double p = std::exp(inverse_temperature * below_top);
      weight += p;
      sum += p * below_top;
      square_sum += p * below_top * below_top;
    }
    const double mean = sum / weight;
    slope.first += mean - (row[static_cast<std::size_t>(truth[n])] - top);
    slope.second += std::max(0.0, square_sum / weight - mean * mean);
  }
  return slope;
}

bool says_nothing(std::span<const float> logits, std::size_t columns) {
  for (std::size_t n = 0; n < logits.size(); n += columns) {
    const auto [low, high] = std::minmax_element(logits.begin() + static_cast<std::ptrdiff_t>(n),
                                                 logits.begin() + static_cast<std::ptrdiff_t>(n + columns));
    if (*low != *high) return false;
  }
  return true;
}

}  // namespace

std::vector<ReliabilityBin> reliability_bins(std::span<const float> confidences,
                                             std::span<const std::uint8_t> right, std::int32_t bin_count) {
  require(bin_count > 0, "calibration: the number of bins must be positive");
  require_same_length(confidences.size(), right.size(), "reliability_bins");
  std::vector<ReliabilityBin> bins(static_cast<std::size_t>(bin_count));
  for (std::size_t i = 0; i < bins.size(); ++i) {
    bins[i].low = static_cast<double>(i) / bin_count;
    bins[i].high = static_cast<double>(i + 1) / bin_count;
  }
  for (std::size_t n = 0; n < confidences.size(); ++n) {
    require_probability(confidences[n]);
    const double place = std::ceil(static_cast<double>(confidences[n]) * bin_count) - 1;
    ReliabilityBin& bin = bins[static_cast<std::size_t>(std::max(0.0, place))];
    ++bin.count;
    bin.confidence += confidences[n];
    bin.accuracy += right[n] != 0 ? 1 : 0;
  }
  for (ReliabilityBin& bin : bins) {
    bin.confidence = bin.count == 0 ? kUndefined : bin.confidence / static_cast<double>(bin.count);
    bin.accuracy = bin.count == 0 ? kUndefined : bin.accuracy / static_cast<double>(bin.count);
  }
  return bins;
}

std::vector<ReliabilityBin> reliability_bins(std::span<const float> probabilities, std::int32_t class_count,
                                             std::span<const std::int32_t> truth, std::int32_t bin_count) {
  require_same_length(row_count(probabilities, class_count), truth.size(), "reliability_bins");
  require_no_nan(probabilities, "calibration: a probability is NaN");
  const std::vector<std::int32_t> decided = decide(probabilities, class_count);
  std::vector<float> confidences;
  std::vector<std::uint8_t> right;
  for (std::size_t n = 0; n < truth.size(); ++n) {
    confidences.push_back(
        probabilities[n * static_cast<std::size_t>(class_count) + static_cast<std::size_t>(decided[n])]);
    right.push_back(decided[n] == truth[n] ? 1 : 0);
  }
  return reliability_bins(confidences, right, bin_count);
}

double expected_calibration_error(std::span<const ReliabilityBin> bins) {
  double sum = 0;
  double count = 0;
  for (const ReliabilityBin& bin : bins) {
    if (bin.count == 0) continue;
    sum += static_cast<double>(bin.count) * std::abs(bin.accuracy - bin.confidence);
    count += static_cast<double>(bin.count);
  }
  return count == 0 ? kUndefined : sum / count;
}

double brier_score(std::span<const float> probabilities, std::int32_t class_count,
                   std::span<const std::int32_t> truth) {
  require_same_length(row_count(probabilities, class_count), truth.size(), "brier_score");
  if (truth.empty()) return kUndefined;
  double sum = 0;
  for (std::size_t n = 0; n < truth.size(); ++n) {
    require(truth[n] >= kNone && truth[n] < class_count, "brier_score: class out of range");
    for (std::int32_t k = 0; k < class_count; ++k) {
      const float p = probabilities[n * static_cast<std::size_t>(class_count) + static_cast<std::size_t>(k)];
      require_probability(p);
      const double gap = p - (truth[n] == k ? 1.0 : 0.0);
      sum += gap * gap;
    }
  }
  return sum / static_cast<double>(truth.size());
}

std::vector<float> softmax(std::span<const float> logits, std::int32_t class_count, double temperature) {
  require(temperature > 0, "softmax: the temperature must be positive");
  const std::size_t rows = row_count(logits, class_count);
  const auto columns = static_cast<std::size_t>(class_count);
  std::vector<float> probabilities(logits.size());
  for (std::size_t n = 0; n < rows; ++n) {
    const std::span<const float> row = logits.subspan(n * columns, columns);
    for (const float logit : row) require(std::isfinite(logit), "softmax: a logit is not finite");
    const double top = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (const float logit : row) sum += std::exp((logit - top) / temperature);
    for (std::size_t k = 0; k < columns; ++k) {
      probabilities[n * columns + k] = static_cast<float>(std::exp((row[k] - top) / temperature) / sum);
    }
  }
  return probabilities;
}

double negative_log_likelihood(std::span<const float> logits, std::int32_t class_count,
                               std::span<const std::int32_t> truth, double temperature) {
  check_logits(logits, class_count, truth);
  require(temperature > 0, "negative_log_likelihood: the temperature must be positive");
  if (truth.empty()) return kUndefined;
  const auto columns = static_cast<std::size_t>(class_count);
  double total = 0;
  for (std::size_t n = 0; n < truth.size(); ++n) {
    const std::span<const float> row = logits.subspan(n * columns, columns);
    const double top = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (const float logit : row) sum += std::exp((logit - top) / temperature);
    total += std::log(sum) - (row[static_cast<std::size_t>(truth[n])] - top) / temperature;
  }
  return total / static_cast<double>(truth.size());
}

double fit_temperature(std::span<const float> logits, std::int32_t class_count,
                       std::span<const std::int32_t> truth) {
  check_logits(logits, class_count, truth);
  const auto columns = static_cast<std::size_t>(class_count);
  if (truth.empty() || says_nothing(logits, columns)) return 1;
  double low = 1 / kMaxTemperature;
  double high = 1 / kMinTemperature;
  if (likelihood_slope(logits, columns, truth, low).first >= 0) return kMaxTemperature;
  if (likelihood_slope(logits, columns, truth, high).first <= 0) return kMinTemperature;
  // Newton's method, held inside the bracket of the slope's sign; halving (of the logarithm) where it leaves
  // it.
  double inverse = 1;
  for (int step = 0; step < 200 && high - low > 1e-10 * high; ++step) {
    const Slope slope = likelihood_slope(logits, columns, truth, inverse);
    if (slope.first == 0) break;
    (slope.first < 0 ? low : high) = inverse;
    double next = inverse - slope.first / slope.second;
    if (!(next > low && next < high)) next = std::sqrt(low * high);
    if (std::abs(next - inverse) <= 1e-10 * inverse) break;
    inverse = next;
  }
  return 1 / inverse;
}

}  // namespace pupil::metrics
