// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite's arithmetic of quantised networks: a real factor as a 31-bit fixed-point number and a shift, and
// products rounded twice, each time to the nearest, halves away from zero (its default, "double rounding").

#pragma once

#include <cstdint>

namespace pupil::tflite {

/// About value * 2^(shift - 31), value 2^30 to 2^31 - 1; 0 for a factor too small to count.
struct FixedFactor {
  std::int32_t value = 0;
  std::int32_t shift = 0;

  friend bool operator==(const FixedFactor&, const FixedFactor&) = default;
};

/// Of a factor that is 0 or positive. Below 2^-32 it is 0, above 2^30 the largest.
FixedFactor fixed_factor(double factor);

/// x * factor as TensorFlow Lite rounds it. What leaves 32 bits is cut off there.
std::int32_t scaled(std::int32_t x, FixedFactor factor);

/// x / 2^exponent, halves away from zero; exponent 0 to 31.
std::int32_t divided_by_power(std::int32_t x, std::int32_t exponent);

}  // namespace pupil::tflite
