// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/lbfgs.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pupil::evaluation {
namespace {

TEST(LbfgsTest, FindsTheBottomOfABowl) {
  const Objective bowl = [](std::span<const double> x, std::span<double> gradient) {
    double value = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double gap = x[i] - static_cast<double>(i);
      const double stiffness = std::pow(10.0, static_cast<double>(i % 4));
      gradient[i] = 2 * stiffness * gap;
      value += stiffness * gap * gap;
    }
    return value;
  };
  std::vector<double> point(12, -3.0);
  minimise(bowl, point, {.relative_tolerance = 1e-12});
  for (std::size_t i = 0; i < point.size(); ++i) EXPECT_NEAR(point[i], static_cast<double>(i), 1e-5) << i;
}

// Rosenbrock's valley (1960) from its usual start.
TEST(LbfgsTest, FollowsABentValley) {
  const Objective valley = [](std::span<const double> x, std::span<double> gradient) {
    const double across = x[1] - x[0] * x[0];
    gradient[0] = -400 * x[0] * across - 2 * (1 - x[0]);
    gradient[1] = 200 * across;
    return 100 * across * across + (1 - x[0]) * (1 - x[0]);
  };
  std::vector<double> point = {-1.2, 1};
  EXPECT_LT(minimise(valley, point, {.relative_tolerance = 0}), 1e-15);
  EXPECT_NEAR(point[0], 1, 1e-6);
  EXPECT_NEAR(point[1], 1, 1e-6);
}

TEST(LbfgsTest, StopsAfterItsSteps) {
  int calls = 0;
  const Objective slope = [&](std::span<const double> x, std::span<double> gradient) {
    ++calls;
    gradient[0] = -1;
    return -x[0];
  };
  std::vector<double> point = {0};
  minimise(slope, point, {.max_step_count = 5, .relative_tolerance = 0});
  EXPECT_EQ(calls, 6);
}

}  // namespace
}  // namespace pupil::evaluation
