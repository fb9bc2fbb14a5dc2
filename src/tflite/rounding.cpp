// SPDX-License-Identifier: Apache-2.0
#include "tflite/rounding.h"

#include <cmath>

namespace pupil::tflite {

FixedFactor fixed_factor(double factor) {
  constexpr std::int64_t kHighest = std::numeric_limits<std::int32_t>::max();
  constexpr FixedFactor kLargest{static_cast<std::int32_t>(kHighest), 30};
  if (factor == 0) return {};
  if (!std::isfinite(factor)) return kLargest;
  int shift = 0;
  auto value = static_cast<std::int64_t>(std::round(std::frexp(factor, &shift) * 2147483648.0));
  if (value > kHighest) {
    value /= 2;
    ++shift;
  }
  if (shift < -31) return {};
  if (shift > kLargest.shift) return kLargest;
  return {static_cast<std::int32_t>(value), shift};
}

}  // namespace pupil::tflite
