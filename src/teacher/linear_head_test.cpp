// SPDX-License-Identifier: Apache-2.0
#include "teacher/linear_head.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <numeric>

#include "base/error.h"

namespace pupil::teacher {
namespace {

using Floats = std::vector<float>;

// Two directions, and a third item between them.
const Floats kRows = {1, 0, 0, 1, 0.6F, 0.8F};
const Floats kTargets = {1, 0, 0, 1, 1, 0};

Floats posterior_of(const LinearHead& head, Floats row) {
  Floats result(2);
  head.posterior(row, result);
  return result;
}

// At the minimum the penalty's pull on the bias equals the mean error.
TEST(LinearHead, ReachesTheMinimum) {
  const HeadFitOptions options{.penalty = 0.1, .steps = 300};
  const LinearHead head = fit_head(kRows, kTargets, Floats{1, 1, 1}, 2, options);
  double error = 0;
  for (std::size_t i = 0; i < 3; ++i)
    error += posterior_of(head, {kRows[2 * i], kRows[2 * i + 1]})[0] - kTargets[2 * i];
  EXPECT_NEAR(error / 3 + options.penalty * head.weights[2], 0, 1e-5);
  EXPECT_GT(posterior_of(head, {1, 0})[0], 0.5F);
}

TEST(LinearHead, AnItemWithoutWeightTeachesNothing) {
  Floats other = kTargets;
  other[4] = 0, other[5] = 1;
  const LinearHead head = fit_head(kRows, kTargets, Floats{1, 1, 0}, 2);
  EXPECT_EQ(head.weights, fit_head(kRows, other, Floats{1, 1, 0}, 2).weights);
  EXPECT_NE(head.weights, fit_head(kRows, kTargets, Floats{1, 1, 1}, 2).weights);
}

TEST(LinearHead, DoesNotDependOnTheNumberOfThreads) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const LinearHead one = fit_head(kRows, kTargets, Floats{1, 1, 2}, 2);
  at::set_num_threads(3);
  EXPECT_EQ(fit_head(kRows, kTargets, Floats{1, 1, 2}, 2).weights, one.weights);
  at::set_num_threads(before);
}

TEST(LinearHead, RefusesWhatDoesNotFit) {
  EXPECT_THROW(fit_head(kRows, kTargets, Floats{1, 1}, 2), Error);
  EXPECT_THROW(fit_head(kRows, kTargets, Floats{0, 0, 0}, 2), Error);
}

TEST(MixPosteriors, GoesFromTheNamesToTheHead) {
  const Floats named = {0.8F, 0.2F}, head = {0.3F, 0.7F};
  Floats mixed(2);
  mix_posteriors(named, head, Floats{0, 0}, mixed);
  EXPECT_NEAR(mixed[0], 0.8F, 1e-6);
  mix_posteriors(named, head, Floats{1, 1}, mixed);
  EXPECT_NEAR(mixed[0], 0.3F, 1e-6);
  mix_posteriors(named, head, Floats{0.5F, 0.5F}, mixed);
  EXPECT_NEAR(mixed[0], 0.567F, 1e-3);
}

}  // namespace
}  // namespace pupil::teacher
