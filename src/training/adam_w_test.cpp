// SPDX-License-Identifier: Apache-2.0
#include "training/adam_w.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pupil::training {
namespace {

constexpr double kUnclipped = std::numeric_limits<double>::infinity();

at::Tensor weights_with_gradient(const at::Tensor& values, const at::Tensor& gradient) {
  at::Tensor weights = values.clone();
  weights.mutable_grad() = gradient.clone();
  return weights;
}

// The first step of Adam moves each weight by the learning rate against its gradient's sign; decay comes on
// top.
TEST(AdamW, FirstStepIsTheLearningRate) {
  at::Tensor weights = weights_with_gradient(at::tensor({1.0F, 2.0F}), at::tensor({0.5F, -3.0F}));
  AdamW optimizer(weights, at::tensor({1.0F, 0.0F}), {.weight_decay = 0.5});
  optimizer.step(weights, 3.0, 0.1, 0);
  EXPECT_NEAR(weights[0].item<float>(), 1 - 0.05 - 0.1, 1e-6);
  EXPECT_NEAR(weights[1].item<float>(), 2 + 0.1, 1e-6);
  EXPECT_EQ(weights.grad().abs().max().item<float>(), 0);
}

TEST(AdamW, LongGradientIsScaledDown) {
  at::Tensor weights = weights_with_gradient(at::zeros({2}), at::tensor({3.0F, 4.0F}));
  AdamW optimizer(weights, {}, {.beta1 = 0.9, .clip_norm = 1.0});
  optimizer.step(weights, 5.0, 0.1, 0);
  EXPECT_NEAR(optimizer.first_moment()[0].item<float>(), 0.1 * 0.6, 1e-6);
  EXPECT_NEAR(optimizer.first_moment()[1].item<float>(), 0.1 * 0.8, 1e-6);
}

// Algorithm 2 of the paper in double precision.
TEST(AdamW, FollowsTheDefinition) {
  const AdamWOptions options{.beta1 = 0.8, .beta2 = 0.95, .weight_decay = 0.1, .clip_norm = kUnclipped};
  at::Tensor weights = at::tensor({0.7F});
  weights.mutable_grad() = at::zeros({1});
  AdamW optimizer(weights, at::ones({1}), options);
  double expected = 0.7, m = 0, v = 0;
  for (int step = 0; step < 20; ++step) {
    const double gradient = std::sin(step + 1.0), rate = 0.01 * (step + 1);
    weights.mutable_grad().fill_(gradient);
    optimizer.step(weights, std::abs(gradient), rate, step);
    m = 0.8 * m + 0.2 * gradient;
    v = 0.95 * v + 0.05 * gradient * gradient;
    const double m_hat = m / (1 - std::pow(0.8, step + 1)), v_hat = v / (1 - std::pow(0.95, step + 1));
    expected -= rate * (0.1 * expected) + rate * m_hat / (std::sqrt(v_hat) + 1e-8);
  }
  EXPECT_NEAR(weights[0].item<float>(), expected, 1e-5);  // 20 steps of a few float roundings each
}

// More than one block, and a rest.
TEST(AdamW, EveryBlockIsUpdated) {
  at::Tensor weights = weights_with_gradient(at::zeros({50000}), at::ones({50000}));
  AdamW optimizer(weights, {}, {.clip_norm = kUnclipped});
  optimizer.step(weights, std::sqrt(50000.0), 0.1, 0);
  EXPECT_TRUE(at::allclose(weights, at::full({50000}, -0.1)));
  EXPECT_EQ(weights.grad().abs().max().item<float>(), 0);
}

}  // namespace
}  // namespace pupil::training
