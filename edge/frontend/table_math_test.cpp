// SPDX-License-Identifier: Apache-2.0
#include "frontend/table_math.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pupil::edge {

TEST(TableMath, SineAndCosine) {
  for (int steps : {1, 3, 8, 399, 400, 2048}) {
    for (int step = -steps; step <= 3 * steps; ++step) {
      const double angle = 2.0 * M_PI * (step % steps) / steps;
      // The reference's own angle is off by up to 4e-16.
      ASSERT_NEAR(cos_of_turn(step, steps), std::cos(angle), 1e-15) << step << "/" << steps;
      ASSERT_NEAR(sin_of_turn(step, steps), std::sin(angle), 1e-15) << step << "/" << steps;
    }
  }
}

TEST(TableMath, QuarterTurnsAreExact) {
  EXPECT_EQ(cos_of_turn(0, 4), 1.0);
  EXPECT_EQ(cos_of_turn(1, 4), 0.0);
  EXPECT_EQ(cos_of_turn(2, 4), -1.0);
  EXPECT_EQ(sin_of_turn(1, 4), 1.0);
  EXPECT_EQ(sin_of_turn(2, 4), 0.0);
}

TEST(TableMath, Logarithm) {
  for (double x = 1e-30; x < 1e30; x *= 1.037) {
    ASSERT_NEAR(table_ln(x), std::log(x), 4e-16 * std::fmax(1.0, std::fabs(std::log(x)))) << x;
  }
}

TEST(TableMath, Exponential) {
  for (double x = -80.0; x < 80.0; x += 0.0137) ASSERT_NEAR(table_exp(x) / std::exp(x), 1.0, 1e-15) << x;
}

}  // namespace pupil::edge
