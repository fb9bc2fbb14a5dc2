// SPDX-License-Identifier: Apache-2.0
#include "student/mel_cnn.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/error.h"

namespace pupil::student {
namespace {

const std::vector<std::string> kBlocksOfAllKinds = {
    "conv 10 k3x3 s2x2", "inverted 10 x2", "separable 18 k3x5 s2x1",
    "cp 18 x1.5 k1x3",   "conv 7 k2x3",    "mean_f",
    "pointwise 33"};

at::Tensor random(at::IntArrayRef shape) {
  static at::Generator generator = at::detail::createCPUGenerator(7);
  return at::randn(shape, generator);
}

struct Pass {
  at::Tensor logits, gradient, statistics;
};

Pass train_once(MelCnn* net, const at::Tensor& input, const at::Tensor& target) {
  const MelCnn::Output output = net->forward(input, true);
  ((output.logits - target).square().sum() + output.features.square().sum()).backward();
  return {output.logits.detach().clone(), net->parameters().grad().clone(), net->statistics().clone()};
}

double relative_error(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

// Both are float32 with sums in another order; the errors of some ten layers and two passes add up.
constexpr double kTolerance = 2e-4;

TEST(MelCnn, KernelsEqualLibtorch) {
  const NetworkSpec spec = make_network(kBlocksOfAllKinds, 40, 22, 5);
  MelCnn fast(spec, at::kCPU, 3), slow(spec, at::kCPU, 3, false);
  const at::Tensor input = random({9, 40, 22}), target = random({9, 5});
  const Pass a = train_once(&fast, input, target), b = train_once(&slow, input, target);
  EXPECT_LT(relative_error(a.logits, b.logits), kTolerance);
  EXPECT_LT(relative_error(a.statistics, b.statistics), kTolerance);
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const std::int64_t count = spec.layers[i].weight_count();
    if (count == 0) continue;
    const auto part = [&](const Pass& p) { return p.gradient.narrow(0, fast.places()[i].weight, count); };
    EXPECT_LT(relative_error(part(a), part(b)), kTolerance) << "layer " << i;
  }
  EXPECT_LT(relative_error(a.gradient, b.gradient), kTolerance);
}

TEST(MelCnn, EvaluationUsesTheRunningStatistics) {
  const NetworkSpec spec = make_network(kBlocksOfAllKinds, 40, 22, 5);
  MelCnn fast(spec, at::kCPU, 3), slow(spec, at::kCPU, 3, false);
  const at::Tensor input = random({4, 40, 22}), target = random({4, 5});
  train_once(&fast, input, target);
  train_once(&slow, input, target);
  const at::NoGradGuard no_gradient;
  EXPECT_LT(relative_error(fast.forward(input, false).logits, slow.forward(input, false).logits), kTolerance);
}

TEST(MelCnn, ResultDoesNotDependOnThreads) {
  const NetworkSpec spec = make_network(kBlocksOfAllKinds, 40, 22, 5);
  const at::Tensor input = random({33, 40, 22}), target = random({33, 5});
  MelCnn one(spec, at::kCPU, 3), two(spec, at::kCPU, 3);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const Pass a = train_once(&one, input, target);
  at::set_num_threads(2);
  const Pass b = train_once(&two, input, target);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(a.gradient, b.gradient));
  EXPECT_TRUE(at::equal(a.logits, b.logits));
}

TEST(MelCnn, AGraphMayOutliveItsNetwork) {
  const NetworkSpec spec = make_network(kBlocksOfAllKinds, 40, 22, 5);
  const at::Tensor input = random({4, 40, 22});
  const auto gradient = [&](bool destroy) {
    auto net = std::make_unique<MelCnn>(spec, at::kCPU, 3);
    const at::Tensor parameters = net->parameters();
    const at::Tensor loss = net->forward(input, true).logits.square().sum();
    if (destroy) net.reset();
    loss.backward();
    return parameters.grad().clone();
  };
  EXPECT_TRUE(at::equal(gradient(false), gradient(true)));
}

TEST(MelCnn, BackwardAfterAnotherForwardIsAnError) {
  const NetworkSpec spec = make_network(kBlocksOfAllKinds, 40, 22, 5);
  for (const bool training : {true, false}) {
    MelCnn net(spec, at::kCPU, 3);
    const at::Tensor loss = net.forward(random({4, 40, 22}), true).logits.square().sum();
    const MelCnn::Output later = net.forward(random({4, 40, 22}), training);
    EXPECT_THROW(loss.backward(), Error) << training;
    if (!training) continue;
    EXPECT_NO_THROW(later.logits.square().sum().backward());
  }
}

TEST(MelCnn, SeedDecidesTheWeights) {
  const NetworkSpec spec = make_network(kBlocksOfAllKinds, 40, 22, 5);
  MelCnn a(spec, at::kCPU, 3), b(spec, at::kCPU, 3), c(spec, at::kCPU, 4);
  EXPECT_TRUE(at::equal(a.parameters(), b.parameters()));
  EXPECT_FALSE(at::equal(a.parameters(), c.parameters()));
}

}  // namespace
}  // namespace pupil::student
