// SPDX-License-Identifier: Apache-2.0
#include "tflite/rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pupil::tflite {
namespace {

TEST(Rounding, AFactorIsAFractionFromAHalfToOneAndAShift) {
  EXPECT_EQ(fixed_factor(0.5), (FixedFactor{1 << 30, 0}));
  EXPECT_EQ(fixed_factor(0.25), (FixedFactor{1 << 30, -1}));
  EXPECT_EQ(fixed_factor(3), (FixedFactor{3 << 29, 2}));
  EXPECT_EQ(fixed_factor(0), FixedFactor{});
}

TEST(Rounding, AFactorThatRoundsUpToOneKeepsItsBits) {
  EXPECT_EQ(fixed_factor(std::nextafter(1.0, 0.0)), (FixedFactor{1 << 30, 1}));
}

TEST(Rounding, TinyAndHugeFactorsAreBounded) {
  EXPECT_EQ(fixed_factor(std::ldexp(1.0, -40)), FixedFactor{});
  EXPECT_EQ(fixed_factor(1e300), (FixedFactor{std::numeric_limits<std::int32_t>::max(), 30}));
  EXPECT_EQ(fixed_factor(std::numeric_limits<double>::infinity()), fixed_factor(1e300));
  EXPECT_EQ(scaled(-5, fixed_factor(1e300)), -std::numeric_limits<std::int32_t>::max());
}

TEST(Rounding, HalvesGoAwayFromZero) {
  EXPECT_EQ(divided_by_power(3, 1), 2);
  EXPECT_EQ(divided_by_power(-3, 1), -2);
  EXPECT_EQ(divided_by_power(-5, 2), -1);
  EXPECT_EQ(divided_by_power(-6, 2), -2);
  EXPECT_EQ(divided_by_power(7, 0), 7);
}

TEST(Rounding, BothRoundingsAreDoneOneAfterTheOther) {
  // 0.3 is 0.6 / 2: 5 * 0.6 = 3 and a half of that is 1.5 -> 2; 4 * 0.6 = 2.4 -> 2 -> 1.
  EXPECT_EQ(scaled(5, fixed_factor(0.3)), 2);
  EXPECT_EQ(scaled(4, fixed_factor(0.3)), 1);
  // 0.15 is 0.6 / 4: 9 * 0.6 = 5.4 -> 5 -> 1.25 -> 1; 10 * 0.6 = 6 -> 1.5 -> 2.
  EXPECT_EQ(scaled(9, fixed_factor(0.15)), 1);
  EXPECT_EQ(scaled(10, fixed_factor(0.15)), 2);
  // Once would give 3 * 0.49 = 1.47 -> 1; twice, 3 * 0.98 = 2.94 -> 3 -> 1.5 -> 2.
  EXPECT_EQ(scaled(3, fixed_factor(0.49)), 2);
  EXPECT_EQ(scaled(-3, fixed_factor(0.49)), -2);
}

TEST(Rounding, IsWithinOneOfTheRealProduct) {
  for (const double factor : {0.0007, 0.013, 0.37, 0.99, 1.7}) {
    for (std::int32_t x = -30000; x <= 30000; x += 37)
      ASSERT_NEAR(scaled(x, fixed_factor(factor)), x * factor, 0.76) << x << " * " << factor;
  }
}

}  // namespace
}  // namespace pupil::tflite
