// SPDX-License-Identifier: Apache-2.0
#include "synth/exact_math.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pupil::synth {
namespace {

TEST(ExactMath, IsNearTheLibrarys) {
  for (double x = -3; x < 3; x += 0.0137) {
    EXPECT_NEAR(sine(x), std::sin(2 * kPi * x), 1e-9) << x;
    EXPECT_NEAR(cosine(x), std::cos(2 * kPi * x), 1e-9) << x;
    EXPECT_NEAR(power_of_two(10 * x) / std::exp2(10 * x), 1, 1e-9) << x;
    EXPECT_NEAR(exponential(x) / std::exp(x), 1, 1e-9) << x;
    EXPECT_NEAR(gain_of(20 * x) / std::pow(10, x), 1, 1e-9) << x;
  }
}

TEST(ExactMath, PowersOfTwoAreExact) {
  EXPECT_EQ(power_of_two(0), 1);
  EXPECT_EQ(power_of_two(-20), 0x1p-20);
}

TEST(ExactMath, StepIsFlatOutsideAndHalfInTheMiddle) {
  EXPECT_EQ(smooth_step(1, 3, 0), 0);
  EXPECT_EQ(smooth_step(1, 3, 2), 0.5);
  EXPECT_EQ(smooth_step(1, 3, 4), 1);
}

}  // namespace
}  // namespace pupil::synth
