#include "pretrain/parameters.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

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
  set.clear_gradients();
  EXPECT_EQ(set["b"].grad().abs().max().item<float>(), 0);
  EXPECT_THROW(set["c"], Error);
}

// The first step of Adam moves each weight by the learning rate against its gradient's sign; decay comes on top.
TEST(AdamW, FirstStepIsTheLearningRate) {
  ParameterSet set = two_tensors();
  AdamW optimizer(set);
  (set["a"].sum() - set["b"].sum()).backward();
  AdamWOptions options;
  options.learning_rate = 0.1;
  options.weight_decay = 0.5;
  EXPECT_NEAR(optimizer.step(set, 1, options, 0.5), std::sqrt(7.0), 1e-6);
  EXPECT_NEAR(set["a"][0][0].item<float>(), 1 - 0.05 - 0.1, 1e-5);
  EXPECT_NEAR(set["b"][0].item<float>(), 2.1, 1e-5);
  EXPECT_NEAR(optimizer.average[4].item<float>(), 2.05, 1e-5);
}

}  // namespace
}  // namespace pupil::pretrain
