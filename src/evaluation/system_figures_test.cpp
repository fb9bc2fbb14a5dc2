// SPDX-License-Identifier: Apache-2.0
#include "evaluation/system_figures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "metrics/decisions.h"

namespace pupil::evaluation {
namespace {

// Four items of two classes, three decided rightly.
const Items kFourItems{{0, 0, 1, 1}, {7, 8, 9, 9}};
const std::vector<float> kScores = {0.9F, 0.1F, 0.4F, 0.6F, 0.2F, 0.8F, 0.3F, 0.7F};

TEST(SystemFigures, KnownAnswer) {
  const SystemFigures figures = measure_system(kFourItems, kScores, 2);
  EXPECT_DOUBLE_EQ(figures.accuracy.value, 0.75);
  EXPECT_DOUBLE_EQ(figures.balanced_accuracy, 0.75);
  EXPECT_DOUBLE_EQ(figures.classes[0].figures.recall, 0.5);
  EXPECT_DOUBLE_EQ(figures.classes[0].figures.precision, 1.0);
  EXPECT_DOUBLE_EQ(figures.classes[1].figures.precision, 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(figures.classes[0].auc, 1.0);
  EXPECT_EQ(figures.confusion, (std::vector<std::int64_t>{1, 1, 0, 0, 2, 0, 0, 0, 0}));
  EXPECT_EQ(kFourItems.recording_count(), 3);
}

TEST(SystemFigures, IntervalHoldsTheValue) {
  const SystemFigures figures = measure_system(kFourItems, kScores, 2);
  EXPECT_LE(figures.accuracy.low, 0.75);
  EXPECT_GE(figures.accuracy.high, 0.75);
}

TEST(SystemFigures, EmptyClassHasNoRecall) {
  const SystemFigures figures =
      measure_system({{0, 0}, {1, 2}}, std::vector<float>{0.9F, 0.1F, 0.8F, 0.2F}, 2);
  EXPECT_TRUE(std::isnan(figures.classes[1].figures.recall));
  EXPECT_TRUE(std::isnan(figures.classes[1].average_precision));
  EXPECT_DOUBLE_EQ(figures.mean_average_precision, 1.0);
}

TEST(SystemFigures, NothingToJudgeIsNotANumber) {
  const SystemFigures figures = measure_system({}, {}, 2);
  EXPECT_TRUE(std::isnan(figures.accuracy.value));
  const Json json = figures_json(figures, std::vector<std::string>{"a", "b"});
  EXPECT_EQ(json.at("accuracy").dump(), R"({"value":null,"low":null,"high":null})");
}

TEST(SystemFigures, ScoresThatAreNoProbabilitiesHaveNoReliability) {
  const SystemFigures figures = measure_system({{0}, {1}}, std::vector<float>{3.0F, -2.0F}, 2);
  EXPECT_DOUBLE_EQ(figures.accuracy.value, 1.0);
  EXPECT_TRUE(std::isnan(figures.calibration_error));
  EXPECT_TRUE(figures.reliability.empty());
}

}  // namespace
}  // namespace pupil::evaluation
