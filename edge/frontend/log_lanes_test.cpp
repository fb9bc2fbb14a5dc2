// SPDX-License-Identifier: Apache-2.0
#include "frontend/log_lanes.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace pupil::edge {
namespace {

// Error of ln in units of the last place of the result.
double error_ulp(std::uint32_t bits) {
  const float x = std::bit_cast<float>(bits);
  const double wanted = std::log(static_cast<double>(x));
  const double got = static_cast<double>(ln(splat(x))[0]);
  if (wanted == 0.0) return got == 0.0 ? 0.0 : HUGE_VAL;
  const int exponent = std::ilogb(static_cast<float>(wanted));
  return std::fabs(got - wanted) / std::ldexp(1.0, exponent - 23);
}

double largest_error_ulp(std::uint32_t first, std::uint32_t last, std::uint32_t step) {
  double largest = 0.0;
  for (std::uint64_t bits = first; bits <= last; bits += step) {
    largest = std::fmax(largest, error_ulp(static_cast<std::uint32_t>(bits)));
  }
  return largest;
}

}  // namespace

TEST(LogLanes, EveryMantissaAroundOne) {
  // 0.5 to 2, where the result passes through 0.
  EXPECT_LT(largest_error_ulp(0x3f000000, 0x40000000, 1), 0.9);
}

TEST(LogLanes, EveryExponent) {
  // All positive normal floats, every 997th.
  EXPECT_LT(largest_error_ulp(0x00800000, 0x7f7fffff, 997), 0.9);
}

TEST(LogLanes, LanesAreAlike) {
  const F4 lanes = ln(F4{0.1F, 1.0F, 10.0F, 1e30F});
  EXPECT_EQ(lanes[0], ln(splat(0.1F))[3]);
  EXPECT_EQ(lanes[1], 0.0F);
  EXPECT_EQ(lanes[3], ln(splat(1e30F))[0]);
}

}  // namespace pupil::edge
