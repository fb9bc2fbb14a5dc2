// SPDX-License-Identifier: Apache-2.0
#include "metrics/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "metrics/decisions.h"
#include "metrics/testing.h"

namespace pupil::metrics {
namespace {

using Classes = std::vector<std::int32_t>;
using Flags = std::vector<std::uint8_t>;
using Scores = std::vector<float>;

// Logits [N, 4] that favour the truth in most rows.
Scores random_logits(const Classes& truth, std::uint64_t seed) {
  Scores logits = testing::random_scores(truth.size() * 4, seed);
  for (float& logit : logits) logit = 4 * logit - 2;
  for (std::size_t n = 0; n < truth.size(); ++n) logits[n * 4 + static_cast<std::size_t>(truth[n])] += 1;
  return logits;
}

TEST(ReliabilityTest, BinsAreOpenBelowAndClosedAbove) {
  const auto bins = reliability_bins(Scores{0.0F, 0.5F, 0.75F, 1.0F}, Flags{0, 1, 1, 0}, 2);
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_EQ(bins[0].count, 2);
  EXPECT_DOUBLE_EQ(bins[0].confidence, 0.25);
  EXPECT_DOUBLE_EQ(bins[0].accuracy, 0.5);
  EXPECT_DOUBLE_EQ(bins[1].low, 0.5);
  EXPECT_DOUBLE_EQ(bins[1].confidence, 0.875);
}

TEST(ReliabilityTest, EceWeighsBinsByCount) {
  // One bin: |1 - 0.75| of 1 item; the other: |0 - 0.25| and |1 - 0.5| averaged first: |0.5 - 0.375| of 2.
  const auto bins = reliability_bins(Scores{0.75F, 0.25F, 0.5F}, Flags{1, 0, 1}, 2);
  EXPECT_DOUBLE_EQ(expected_calibration_error(bins), (0.25 + 2 * 0.125) / 3);
}

TEST(ReliabilityTest, EmptyBinsSayNothing) {
  const auto bins = reliability_bins(Scores{}, Flags{}, 3);
  EXPECT_TRUE(std::isnan(bins[1].accuracy));
  EXPECT_TRUE(std::isnan(expected_calibration_error(bins)));
}

TEST(ReliabilityTest, TakesTheHighestProbabilityOfARow) {
  const Scores probabilities = {0.75F, 0.25F, /**/ 0.375F, 0.625F, /**/ 0.5F, 0.5F};
  const auto bins = reliability_bins(probabilities, 2, Classes{0, 0, kNone}, 1);
  EXPECT_EQ(bins[0].count, 3);
  EXPECT_DOUBLE_EQ(bins[0].confidence, (0.75 + 0.625 + 0.5) / 3);
  EXPECT_DOUBLE_EQ(bins[0].accuracy, 1.0 / 3);
}

TEST(ReliabilityTest, RefusesWhatIsNoProbability) {
  EXPECT_THROW(reliability_bins(Scores{1.25F}, Flags{1}, 5), std::invalid_argument);
  EXPECT_THROW(reliability_bins(Scores{NAN}, Flags{1}, 5), std::invalid_argument);
  EXPECT_THROW(reliability_bins(Scores{NAN, 0.5F}, 2, Classes{1}, 5), std::invalid_argument);
  EXPECT_THROW(reliability_bins(Scores{0.5F}, Flags{1}, 0), std::invalid_argument);
}

TEST(BrierTest, IsTheSumOverClassesOfSquaredGaps) {
  const Scores probabilities = {0.5F, 0.25F, 0.25F, /**/ 0.0F, 1.0F, 0.0F};
  EXPECT_DOUBLE_EQ(brier_score(probabilities, 3, Classes{0, 0}), ((0.25 + 0.0625 + 0.0625) + 2.0) / 2);
  EXPECT_DOUBLE_EQ(brier_score(probabilities, 3, Classes{kNone, 1}), (0.25 + 0.0625 + 0.0625) / 2);
  EXPECT_THROW(brier_score(Scores{NAN, 0.5F}, 2, Classes{0}), std::invalid_argument);
}

TEST(SoftmaxTest, DividesByTheTemperature) {
  const float ln3 = std::log(3.0F);
  EXPECT_NEAR(softmax(Scores{ln3, 0}, 2)[0], 0.75F, 1e-7);
  EXPECT_NEAR(softmax(Scores{2 * ln3 + 900, 900}, 2, 2)[0], 0.75F, 1e-5);
}

TEST(LikelihoodTest, OfEqualLogitsIsTheLogarithmOfTheClassCount) {
  EXPECT_NEAR(negative_log_likelihood(Scores{7, 7, 7, 7}, 4, Classes{2}), std::log(4.0), 1e-15);
}

// Two rows with a gap of 1, of which a share s is right, are likeliest at sigmoid(1 / T) = s: T = 1 / ln(s /
// (1 - s)).
TEST(TemperatureTest, EqualsTheClosedFormForTwoClasses) {
  const Scores logits = {1, 0, 1, 0, 1, 0, 1, 0};
  EXPECT_NEAR(fit_temperature(logits, 2, Classes{0, 0, 0, 1}), 1 / std::log(3.0), 1e-8);
}

TEST(TemperatureTest, ScalesWithTheLogits) {
  const Classes truth = testing::random_classes(300, 1, 4);
  const Scores logits = random_logits(truth, 2);
  const double temperature = fit_temperature(logits, 4, truth);
  for (const float scale : {0.125F, 0.5F, 4.0F, 16.0F}) {
    Scores scaled = logits;
    for (float& logit : scaled) logit *= scale;
    EXPECT_NEAR(fit_temperature(scaled, 4, truth) / scale, temperature, 1e-7 * temperature) << scale;
  }
}

TEST(TemperatureTest, NoNeighbourIsLikelier) {
  const Classes truth = testing::random_classes(500, 3, 4);
  const Scores logits = random_logits(truth, 4);
  const double temperature = fit_temperature(logits, 4, truth);
  const double best = negative_log_likelihood(logits, 4, truth, temperature);
  for (const double other : {0.05, 0.2, 0.5, 0.9, 0.99, 1.01, 1.1, 2.0, 10.0}) {
    EXPECT_LT(best, negative_log_likelihood(logits, 4, truth, temperature * other)) << other;
  }
}

TEST(TemperatureTest, DoesNotDependOnTheOrder) {
  const Classes truth = testing::random_classes(200, 5, 4);
  const Scores logits = random_logits(truth, 6);
  const auto order = testing::random_order(200, 7);
  EXPECT_NEAR(fit_temperature(testing::permuted(logits, order, 4), 4, testing::permuted(truth, order)),
              fit_temperature(logits, 4, truth), 1e-8);
}

TEST(TemperatureTest, StopsAtTheBoundsAndAtNothing) {
  EXPECT_EQ(fit_temperature(Scores{1, 0}, 2, Classes{0}), kMinTemperature);
  EXPECT_EQ(fit_temperature(Scores{1, 0}, 2, Classes{1}), kMaxTemperature);
  EXPECT_EQ(fit_temperature(Scores{2, 2}, 2, Classes{1}), 1);
  EXPECT_EQ(fit_temperature(Scores{}, 2, Classes{}), 1);
}

TEST(TemperatureTest, RefusesWhatHasNoLikelihood) {
  EXPECT_THROW(fit_temperature(Scores{NAN, 0}, 2, Classes{0}), std::invalid_argument);
  EXPECT_THROW(fit_temperature(Scores{1, 0}, 2, Classes{kNone}), std::invalid_argument);
  EXPECT_THROW(softmax(Scores{1, 0}, 2, 0), std::invalid_argument);
}

}  // namespace
}  // namespace pupil::metrics
