// SPDX-License-Identifier: Apache-2.0
// What every measurement here shares: time, the median and a signal that is the same everywhere.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pupil::bench {

using Clock = std::chrono::steady_clock;

inline double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// The upper one of the two in the middle when their count is even; `values` is not empty. Medians and no
/// means: an interrupt makes one round slower and none faster.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The median of above[i] / below[i]. Both were measured in round i, one after the other: what slowed the
/// machine then is in both, and cancels out.
inline double median_ratio(const std::vector<double>& above, const std::vector<double>& below) {
  std::vector<double> ratios(above.size());
  for (std::size_t i = 0; i < above.size(); ++i) ratios[i] = above[i] / below[i];
  return median(ratios);
}

/// Uniform white noise from a linear congruential generator: the same numbers from every standard library.
class Noise {
 public:
  explicit Noise(std::uint32_t seed) : state_(seed) {}

  /// 0 to 1, 1 excluded.
  float next() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<float>(state_ >> 8) * 0x1p-24F;
  }

 private:
  std::uint32_t state_;
};

}  // namespace pupil::bench
