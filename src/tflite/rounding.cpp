// SPDX-License-Identifier: Apache-2.0
#include "tflite/rounding.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pupil::tflite {
namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t kLargestShift = 30;

// The upper half of 2ab. Only the product of two lowest numbers leaves 32 bits, and a factor is never negative.
std::int32_t doubled_high_product(std::int32_t a, std::int32_t b) {
  const std::int64_t product = static_cast<std::int64_t>(a) * b;
  const std::int64_t nudge = product >= 0 ? (std::int64_t{1} << 30U) : 1 - (std::int64_t{1} << 30U);
  return static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31U));  // towards zero
}

}  // namespace

FixedFactor fixed_factor(double factor) {
  constexpr FixedFactor kLargest{static_cast<std::int32_t>(kHighest), kLargestShift};
  if (factor == 0) return {};
  if (!std::isfinite(factor)) return kLargest;
  int shift = 0;
  auto value = static_cast<std::int64_t>(std::round(std::frexp(factor, &shift) * 2147483648.0));
  if (value > kHighest) {
    value /= 2;
    ++shift;
  }
  if (shift < -31) return {};
  if (shift > kLargestShift) return kLargest;
  return {static_cast<std::int32_t>(value), shift};
}

std::int32_t divided_by_power(std::int32_t x, std::int32_t exponent) {
  const std::int32_t mask = static_cast<std::int32_t>((std::int64_t{1} << exponent) - 1);
  const std::int32_t remainder = x & mask;
  const std::int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

std::int32_t scaled(std::int32_t x, FixedFactor factor) {
  const std::int64_t shifted = static_cast<std::int64_t>(x) << std::max(factor.shift, 0);
  const auto bounded = static_cast<std::int32_t>(std::clamp(shifted, kLowest, kHighest));
  return divided_by_power(doubled_high_product(bounded, factor.value), std::max(-factor.shift, 0));
}

}  // namespace pupil::tflite
