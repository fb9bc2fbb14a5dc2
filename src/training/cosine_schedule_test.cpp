// SPDX-License-Identifier: Apache-2.0
#include "training/cosine_schedule.h"

#include <gtest/gtest.h>

namespace pupil::training {
namespace {

TEST(CosineSchedule, RisesThenFallsToTheFloor) {
  const CosineSchedule schedule{.peak = 2.0, .warm_up_steps = 10, .step_count = 110, .floor_share = 0.1};
  EXPECT_DOUBLE_EQ(schedule.rate(0), 0.2);
  EXPECT_DOUBLE_EQ(schedule.rate(9), 2.0);
  EXPECT_NEAR(schedule.rate(59), 2.0 * 0.55, 1e-12);  // half of the way down
  EXPECT_DOUBLE_EQ(schedule.rate(109), 0.2);
  EXPECT_DOUBLE_EQ(schedule.rate(500), 0.2);
}

TEST(CosineSchedule, WithoutWarmUpTheFirstStepIsThePeak) {
  const CosineSchedule schedule{.peak = 1.0, .step_count = 4};
  EXPECT_DOUBLE_EQ(schedule.rate(0), 1.0);
  EXPECT_LT(schedule.rate(1), 1.0);
  EXPECT_NEAR(schedule.rate(3), 0.0, 1e-12);
}

}  // namespace
}  // namespace pupil::training
