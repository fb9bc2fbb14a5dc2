// SPDX-License-Identifier: Apache-2.0
#include "training/running_average.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace pupil::training {
namespace {

TEST(RunningAverage, FollowsCloselyAtFirst) {
  at::Tensor average = at::zeros({1});
  update_average(average, at::ones({1}), 0.999, 0);  // the memory is 1/10 then
  EXPECT_NEAR(average.item<float>(), 0.9, 1e-6);
}

TEST(RunningAverage, LaterKeepsItsMemory) {
  at::Tensor average = at::zeros({1});
  update_average(average, at::ones({1}), 0.75, 1000);
  EXPECT_NEAR(average.item<float>(), 0.25, 1e-6);
}

}  // namespace
}  // namespace pupil::training
