// SPDX-License-Identifier: Apache-2.0
#include "pretrain/parameter_set.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil::pretrain {
namespace {

ParameterSet two_tensors() {
  ParameterSet set;
  set.add("a", {2, 2}, true, 1);
  set.add("b", {3}, false, 2);
  set.allocate();
  return set;
}

TEST(ParameterSet, LeavesShareTheArrays) {
  ParameterSet set = two_tensors();
  (set["a"].sum() + (set["b"] * 3).sum()).backward();
  EXPECT_EQ(set.gradients().slice(0, 0, 4).min().item<float>(), 1);
  EXPECT_EQ(set.gradients().slice(0, 4, 7).max().item<float>(), 3);
  EXPECT_TRUE(at::equal(set.values().grad(), set.gradients()));
  EXPECT_THROW(set["c"], Error);
}

TEST(ParameterSet, DecayMaskFollowsTheEntries) {
  EXPECT_TRUE(at::equal(two_tensors().decay_mask(), at::tensor({1.0F, 1.0F, 1.0F, 1.0F, 0.0F, 0.0F, 0.0F})));
}

}  // namespace
}  // namespace pupil::pretrain
