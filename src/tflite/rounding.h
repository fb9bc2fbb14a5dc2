// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite's arithmetic of quantised networks: a real factor as a 31-bit fixed-point number and a shift, and
// products rounded twice, each time to the nearest, halves away from zero (its default, "double rounding").

#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace pupil::tflite {

/// About value * 2^(shift - 31), value 2^30 to 2^31 - 1; 0 for a factor too small to count.
struct FixedFactor {
  std::int32_t value = 0;
  std::int32_t shift = 0;

  friend bool operator==(const FixedFactor&, const FixedFactor&) = default;
};

/// Of a factor that is 0 or positive. Below 2^-32 it is 0, above 2^30 the largest.
FixedFactor fixed_factor(double factor);

/// x / 2^exponent, halves away from zero; exponent 0 to 31.
inline std::int32_t divided_by_power(std::int32_t x, std::int32_t exponent) {
  const auto mask = static_cast<std::int32_t>((std::int64_t{1} << exponent) - 1);
  const std::int32_t remainder = x & mask;
  const std::int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/// x * factor as TensorFlow Lite rounds it. What leaves 32 bits is cut off there. Here, for it is done for every number
/// that a layer gives.
inline std::int32_t scaled(std::int32_t x, FixedFactor factor) {
  using Limits = std::numeric_limits<std::int32_t>;
  const std::int64_t shifted = static_cast<std::int64_t>(x) << std::max(factor.shift, 0);
  const std::int64_t bounded = std::clamp<std::int64_t>(shifted, Limits::min(), Limits::max());
  // The upper half of twice the product, rounded: it fits, for a factor is never negative.
  const std::int64_t product = bounded * factor.value;
  const std::int64_t nudge = product >= 0 ? (std::int64_t{1} << 30U) : 1 - (std::int64_t{1} << 30U);
  const auto high = static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31U));  // towards zero
  return divided_by_power(high, std::max(-factor.shift, 0));
}

}  // namespace pupil::tflite
