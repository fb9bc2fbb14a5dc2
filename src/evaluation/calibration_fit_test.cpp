// SPDX-License-Identifier: Apache-2.0
#include "evaluation/calibration_fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "metrics/counter_random.h"
#include "metrics/decisions.h"

namespace pupil::evaluation {
namespace {

double uniform(std::uint64_t n) {
  return static_cast<double>(metrics::counter_random(5, n) >> 11U) * 0x1.0p-53;
}

// Two classes: the logit of the right one is higher by -1 to 3, times `sharpness`.
CalibrationData noisy_data(std::size_t count, float sharpness) {
  CalibrationData data;
  for (std::size_t n = 0; n < count; ++n) {
    const auto k = static_cast<std::int32_t>(n % 2);
    const auto lead = static_cast<float>(-1 + 4 * uniform(n)) * sharpness;
    data.reference.push_back(k);
    data.streams.push_back(static_cast<std::int64_t>(n / 10));
    data.logits.insert(data.logits.end(), {k == 0 ? lead : 0.0F, k == 1 ? lead : 0.0F});
  }
  data.duration_s = static_cast<double>(count);
  return data;
}

TEST(CalibrationFit, OverconfidentLogitsAreCooled) {
  const CalibrationFit fit = fit_calibration(noisy_data(400, 5), 2, edge::ScoreKind::softmax, {});
  EXPECT_GT(fit.temperature, 1.5);
  EXPECT_LT(fit.error_after, fit.error_before);
}

TEST(CalibrationFit, ThresholdsKeepTheirPromise) {
  const CalibrationTarget target{CalibrationTarget::Kind::precision, 0.95};
  const CalibrationFit fit = fit_calibration(noisy_data(400, 1), 2, edge::ScoreKind::softmax, target);
  for (const ClassThreshold& row : fit.classes) {
    EXPECT_TRUE(row.kept);
    EXPECT_GE(row.precision, 0.95);
    EXPECT_GT(row.recall, 0.3);
  }
}

TEST(CalibrationFit, RateOfFalseAlarmsIsKept) {
  const CalibrationTarget target{CalibrationTarget::Kind::false_alarms, 20};
  const CalibrationFit fit = fit_calibration(noisy_data(400, 1), 2, edge::ScoreKind::softmax, target);
  for (const ClassThreshold& row : fit.classes) EXPECT_LE(row.false_alarms_per_hour, 20);
}

TEST(CalibrationFit, SigmoidScoresAreFittedToo) {
  const CalibrationFit fit = fit_calibration(noisy_data(400, 5), 2, edge::ScoreKind::sigmoid, {});
  EXPECT_NE(fit.temperature, 1.0);
  EXPECT_LE(fit.error_after, fit.error_before);
}

TEST(CalibrationFit, NoDataLeavesTheDefaults) {
  const CalibrationFit fit = fit_calibration({}, 2, edge::ScoreKind::softmax, {});
  EXPECT_EQ(fit.temperature, 1.0);
  EXPECT_EQ(fit.classes[0].threshold, 0.5F);
  EXPECT_FALSE(fit.classes[0].kept);
}

TEST(CalibrationFit, ClassThatDoesNotOccurStaysAtTheDefault) {
  CalibrationData data = noisy_data(100, 1);
  for (std::int32_t& k : data.reference) k = k == 1 ? metrics::kNone : k;
  const CalibrationFit fit = fit_calibration(data, 2, edge::ScoreKind::softmax, {});
  EXPECT_EQ(fit.classes[1].threshold, 0.5F);
  EXPECT_EQ(fit.classes[1].reference_count, 0);
  EXPECT_FALSE(fit.classes[1].kept);
}

TEST(CalibrationFit, PromiseThatCannotBeKeptIsWeakened) {
  CalibrationData data;  // a class that is right in two of three cases, whatever its score
  for (int n = 0; n < 90; ++n) {
    data.logits.insert(data.logits.end(), {1.0F + 0.01F * static_cast<float>(n % 30), 0.0F});
    data.reference.push_back(n < 30 ? metrics::kNone : 0);
    data.streams.push_back(n);
  }
  data.duration_s = 90;
  const CalibrationFit fit =
      fit_calibration(data, 2, edge::ScoreKind::softmax, {CalibrationTarget::Kind::precision, 0.95});
  EXPECT_FALSE(fit.classes[0].kept);
  EXPECT_NEAR(fit.classes[0].kept_value, 0.65, 1e-9);
  EXPECT_GE(fit.classes[0].precision, 0.65);
}

TEST(CalibrationFit, SameDataSameNumbers) {
  const CalibrationFit one = fit_calibration(noisy_data(200, 2), 2, edge::ScoreKind::softmax, {});
  const CalibrationFit two = fit_calibration(noisy_data(200, 2), 2, edge::ScoreKind::softmax, {});
  EXPECT_EQ(one.temperature, two.temperature);
  EXPECT_EQ(one.classes[1].threshold, two.classes[1].threshold);
}

TEST(JudgeThreshold, CountsRunsOfFalseAlarms) {
  // One class, six windows of two streams; two runs of false alarms, of which the first has two windows.
  const std::vector<float> scores = {0.9F, 0.9F, 0.1F, 0.9F, 0.9F, 0.9F};
  const std::vector<std::int32_t> reference = {-1, -1, -1, 0, -1, 0};
  const std::vector<std::int64_t> streams = {1, 1, 1, 2, 2, 2};
  const ClassThreshold row = judge_threshold(scores, reference, streams, 3600, 1, 0, 0.5F);
  EXPECT_DOUBLE_EQ(row.false_alarms_per_hour, 2.0);
  EXPECT_DOUBLE_EQ(row.precision, 0.4);
  EXPECT_DOUBLE_EQ(row.recall, 1.0);
}

TEST(JudgeThreshold, AnotherStreamIsAnotherAlarm) {
  const std::vector<float> scores = {0.9F, 0.9F};
  const std::vector<std::int32_t> reference = {-1, -1};
  EXPECT_DOUBLE_EQ(judge_threshold(scores, reference, std::vector<std::int64_t>{1, 1}, 3600, 1, 0, 0.5F)
                       .false_alarms_per_hour,
                   1.0);
  EXPECT_DOUBLE_EQ(judge_threshold(scores, reference, std::vector<std::int64_t>{1, 2}, 3600, 1, 0, 0.5F)
                       .false_alarms_per_hour,
                   2.0);
}

}  // namespace
}  // namespace pupil::evaluation
