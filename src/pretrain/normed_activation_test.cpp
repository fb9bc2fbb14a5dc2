// SPDX-License-Identifier: Apache-2.0
// Against libtorch's own operations, values and gradients.

#include "pretrain/normed_activation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace pupil::pretrain {
namespace {

struct Inputs {
  at::Tensor left, right, weight, bias, shift, running_mean, running_variance;

  Inputs(std::int64_t left_channels, std::int64_t right_channels) {
    at::manual_seed(3);
    const std::int64_t channels = left_channels + right_channels;
    left = (at::randn({3, 5, 7, left_channels}) * 2 + 0.5).requires_grad_();
    if (right_channels > 0) right = (at::randn({3, 5, 7, right_channels}) - 1).requires_grad_();
    weight = (at::rand({channels}) + 0.5).requires_grad_();
    bias = at::randn({channels}).requires_grad_();
    shift = at::randn({3, channels}).requires_grad_();
    running_mean = at::randn({channels});
    running_variance = at::rand({channels}) + 0.5;
  }

  at::Tensor ours(bool training) const {
    return normed_activation(left, right, {weight, bias, running_mean, running_variance}, shift, 0.1,
                             training);
  }
  at::Tensor theirs(bool training) const {
    const at::Tensor joined = right.defined() ? at::cat({left, right}, 3) : left;
    const at::Tensor norm = at::batch_norm(joined.permute({0, 3, 1, 2}), weight, bias, running_mean,
                                           running_variance, training, 0.1, 1e-5, false);
    return at::leaky_relu(norm + shift.unsqueeze(-1).unsqueeze(-1), 0.01).permute({0, 2, 3, 1});
  }
  std::vector<at::Tensor> learned() const {
    std::vector<at::Tensor> all = {left, weight, bias, shift};
    if (right.defined()) all.push_back(right);
    return all;
  }
};

float apart(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<float>();
}

class Channels : public testing::TestWithParam<std::pair<std::int64_t, std::int64_t>> {};

TEST_P(Channels, ValuesAndStatisticsMatch) {
  for (const bool training : {true, false}) {
    const Inputs a(GetParam().first, GetParam().second), b(GetParam().first, GetParam().second);
    EXPECT_LT(apart(a.ours(training), b.theirs(training)), 2e-5F);
    EXPECT_LT(apart(a.running_mean, b.running_mean), 1e-6F);
    EXPECT_LT(apart(a.running_variance, b.running_variance), 2e-6F);
  }
}

TEST_P(Channels, GradientsMatch) {
  for (const bool training : {true, false}) {
    const Inputs a(GetParam().first, GetParam().second), b(GetParam().first, GetParam().second);
    const at::Tensor up = at::randn({3, 5, 7, GetParam().first + GetParam().second});
    (a.ours(training) * up).sum().backward();
    (b.theirs(training) * up).sum().backward();
    for (std::size_t i = 0; i < a.learned().size(); ++i)
      EXPECT_LT(apart(a.learned()[i].grad(), b.learned()[i].grad()), 1e-4F) << training << i;
  }
}

INSTANTIATE_TEST_SUITE_P(NormedActivation, Channels,
                         testing::Values(std::pair{8, 0}, std::pair{8, 8}, std::pair{4, 3}, std::pair{16, 0},
                                         std::pair{5, 24}));

}  // namespace
}  // namespace pupil::pretrain
