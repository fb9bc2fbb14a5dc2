// SPDX-License-Identifier: Apache-2.0
#include "pretrain/si_sdr_loss.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "metrics/si_sdr.h"

namespace pupil::pretrain {
namespace {

std::span<const float> samples(const at::Tensor& row) {
  return {row.data_ptr<float>(), static_cast<std::size_t>(row.numel())};
}

at::Tensor noise(std::int64_t rows, std::uint64_t seed) {
  return at::randn({rows, 4000}, at::detail::createCPUGenerator(seed));
}

// Apart by the floors: at 30 dB the distortion is 1e-3 of the truth and its floor 1e-8, which is 4e-5 dB.
TEST(SiSdrLoss, EqualsTheMetric) {
  const at::Tensor truth = noise(1, 1);
  for (const double level : {3.0, 1.0, 0.1, 0.0316}) {
    const at::Tensor estimate = 0.5 * (truth + level * noise(1, 2));
    EXPECT_NEAR(mean_si_sdr_db(truth, estimate).item<double>(),
                metrics::si_sdr_db(samples(truth), samples(estimate)), 1e-3)
        << level;
  }
}

TEST(SiSdrLoss, IsTheMeanOfTheRowsAndSilentTruthsCountAsZero) {
  at::Tensor truth = noise(3, 1);
  const at::Tensor estimate = truth + noise(3, 2);
  truth[1].zero_();
  const double expected = (metrics::si_sdr_db(samples(truth[0]), samples(estimate[0])) +
                           metrics::si_sdr_db(samples(truth[2]), samples(estimate[2]))) /
                          3;
  EXPECT_NEAR(mean_si_sdr_db(truth, estimate).item<double>(), expected, 1e-3);
}

TEST(SiSdrLoss, IsFiniteWithItsGradientAtTheExtremes) {
  const at::Tensor truth = noise(1, 1);
  for (const at::Tensor& estimate : {truth.clone(), at::zeros_like(truth)}) {
    at::Tensor leaf = estimate.requires_grad_();
    const at::Tensor value = mean_si_sdr_db(truth, leaf);
    value.backward();
    EXPECT_TRUE(at::isfinite(value).item<bool>());
    EXPECT_TRUE(at::isfinite(leaf.grad()).all().item<bool>());
  }
}

}  // namespace
}  // namespace pupil::pretrain
