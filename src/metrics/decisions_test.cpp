// SPDX-License-Identifier: Apache-2.0
#include "metrics/decisions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "metrics/testing.h"

namespace pupil::metrics {
namespace {

constexpr float kNaNScore = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
using Classes = std::vector<std::int32_t>;

TEST(DecideTest, TakesTheHighestAndOfEqualsTheFirst) {
  const std::vector<float> scores = {0.1F, 0.7F, 0.2F, /**/ 0.4F, 0.2F, 0.4F, /**/ -3.0F, -2.0F, -kInfinity};
  EXPECT_EQ(decide(scores, 3), (Classes{1, 0, 1}));
}

TEST(DecideTest, ARowWithNaNIsNone) {
  EXPECT_EQ(decide(std::vector<float>{kNaNScore, 0.9F, 0.9F, kNaNScore, 0.1F, 0.2F}, 2),
            (Classes{kNone, kNone, 1}));
}

TEST(DecideTest, RefusesARaggedMatrix) {
  EXPECT_THROW(decide(std::vector<float>(5), 3), std::invalid_argument);
  EXPECT_THROW(decide(std::vector<float>(5), 0), std::invalid_argument);
}

TEST(DecideAboveTest, OnlyClassesThatPassMayWin) {
  const std::vector<float> thresholds = {0.5F, 0.3F, kInfinity};
  const std::vector<float> scores = {0.45F, 0.35F, 0.2F, /**/ 0.5F, 0.3F, 0.2F, /**/ 0.4F, 0.2F, 0.9F};
  EXPECT_EQ(decide_above(scores, thresholds), (Classes{1, 0, kNone}));
}

TEST(AccuracyTest, CountsNoneAsADecisionLikeAnother) {
  EXPECT_DOUBLE_EQ(accuracy(Classes{0, 1, kNone, kNone}, Classes{0, kNone, kNone, 1}), 0.5);
}

TEST(AccuracyTest, OfNothingIsNaN) {
  EXPECT_TRUE(std::isnan(accuracy({}, {})));
}

TEST(AccuracyTest, RefusesOtherLengths) {
  EXPECT_THROW(accuracy(Classes{1}, Classes{1, 2}), std::invalid_argument);
  EXPECT_THROW(agreement(Classes{1}, Classes{1, 2}), std::invalid_argument);
}

TEST(AccuracyTest, DoesNotDependOnTheOrder) {
  const Classes truth = testing::random_classes(200, 1, 5);
  const Classes decided = testing::random_classes(200, 2, 5);
  const auto order = testing::random_order(200, 3);
  EXPECT_EQ(accuracy(truth, decided),
            accuracy(testing::permuted(truth, order), testing::permuted(decided, order)));
}

TEST(AgreementTest, CountsSharedMistakes) {
  EXPECT_DOUBLE_EQ(agreement(Classes{2, 2, 1, 0}, Classes{2, 2, 1, 1}), 0.75);
}

TEST(RetainedAccuracyTest, IsTheRatioOfTheTwo) {
  const Classes truth = {0, 1, 2, 3, 0};
  const Classes teacher = {0, 1, 2, 3, 1};  // 4 of 5
  const Classes student = {0, 1, 2, 0, 1};  // 3 of 5
  EXPECT_DOUBLE_EQ(retained_accuracy(truth, student, teacher), 0.75);
  EXPECT_GT(retained_accuracy(truth, teacher, student), 1.0);
}

TEST(RetainedAccuracyTest, IsNaNForATeacherThatIsNeverRight) {
  EXPECT_TRUE(std::isnan(retained_accuracy(Classes{0}, Classes{0}, Classes{1})));
}

TEST(AccuracyAtThresholdsTest, TradesCoverageForAccuracy) {
  const std::vector<float> scores = {0.9F, 0.1F, /**/ 0.6F, 0.4F, /**/ 0.3F, 0.7F, /**/ kNaNScore, 0.0F};
  const Classes truth = {0, 1, 1, 0};
  const auto points = accuracy_at_thresholds(scores, 2, truth, std::vector<float>{0.0F, 0.7F, 0.8F, 0.95F});
  ASSERT_EQ(points.size(), 4U);
  EXPECT_DOUBLE_EQ(points[0].coverage, 0.75);
  EXPECT_DOUBLE_EQ(points[0].accuracy, 2.0 / 3);
  EXPECT_DOUBLE_EQ(points[1].coverage, 0.5);  // at least the threshold
  EXPECT_DOUBLE_EQ(points[1].accuracy, 1.0);
  EXPECT_DOUBLE_EQ(points[2].coverage, 0.25);
  EXPECT_DOUBLE_EQ(points[3].coverage, 0.0);
  EXPECT_TRUE(std::isnan(points[3].accuracy));
}

}  // namespace
}  // namespace pupil::metrics
