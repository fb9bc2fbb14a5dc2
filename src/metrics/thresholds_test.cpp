// SPDX-License-Identifier: Apache-2.0
#include "metrics/thresholds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "metrics/decisions.h"
#include "metrics/testing.h"

namespace pupil::metrics {
namespace {

using Flags = std::vector<std::uint8_t>;
using Ids = std::vector<std::int64_t>;
using Scores = std::vector<float>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The definition, slowly: runs of windows at or above the threshold that are not relevant.
int count_runs(const Scores& scores, const Flags& relevant, const Ids& streams, float threshold) {
  int runs = 0;
  bool in_run = false;
  for (std::size_t n = 0; n < scores.size(); ++n) {
    const bool alarm = relevant[n] == 0 && scores[n] >= threshold;
    if (n > 0 && streams[n] != streams[n - 1]) in_run = false;
    if (alarm && !in_run) ++runs;
    in_run = alarm;
  }
  return runs;
}

TEST(PrecisionThresholdTest, TakesTheLowestThatKeepsThePromise) {
  // From above: right, right, wrong (2/3), right (3/4), wrong (3/5).
  const Scores scores = {0.875F, 0.75F, 0.625F, 0.5F, 0.25F};
  const Flags relevant = {1, 1, 0, 1, 0};
  const OperatingPoint strict = threshold_for_precision(scores, relevant, 1.0);
  EXPECT_EQ(strict.threshold, 0.6875F);
  EXPECT_DOUBLE_EQ(strict.recall, 2.0 / 3);
  const OperatingPoint loose = threshold_for_precision(scores, relevant, 0.7);
  EXPECT_EQ(loose.threshold, 0.375F);
  EXPECT_DOUBLE_EQ(loose.precision, 0.75);
  EXPECT_DOUBLE_EQ(loose.recall, 1.0);
  EXPECT_EQ(threshold_for_precision(scores, relevant, 0.6).threshold, std::numeric_limits<float>::lowest());
}

TEST(PrecisionThresholdTest, EqualScoresPassTogether) {
  const OperatingPoint point = threshold_for_precision(Scores{0.5F, 0.5F, 0.75F}, Flags{1, 0, 1}, 0.9);
  EXPECT_EQ(point.threshold, 0.625F);
  EXPECT_DOUBLE_EQ(point.precision, 1.0);
}

TEST(PrecisionThresholdTest, NeverFiresWhereThePromiseCannotBeKept) {
  const OperatingPoint point = threshold_for_precision(Scores{0.9F, 0.5F}, Flags{0, 1}, 0.75);
  EXPECT_EQ(point.threshold, kInfinity);
  EXPECT_TRUE(std::isnan(point.precision));
  EXPECT_EQ(point.recall, 0);
  EXPECT_TRUE(std::isnan(threshold_for_precision(Scores{0.9F}, Flags{0}, 0.5).recall));
}

TEST(PrecisionThresholdTest, LiesBetweenNeighbouringFloats) {
  const float above = std::nextafter(0.5F, 1.0F);
  EXPECT_EQ(threshold_for_precision(Scores{above, 0.5F}, Flags{1, 0}, 1).threshold, above);
}

TEST(FalseAlarmThresholdTest, ARunIsOneAlarm) {
  // Two runs above 0.5 in stream 0, one in stream 1; 2 per hour are allowed.
  const Scores scores = {0.6F, 0.7F, 0.1F, 0.8F, /**/ 0.9F, 0.2F};
  const Ids streams = {0, 0, 0, 0, 1, 1};
  const OperatingPoint point = threshold_for_false_alarms(scores, Flags(6, 0), streams, 3600, 2);
  EXPECT_NEAR(point.threshold, 0.75F, 1e-6);
  EXPECT_DOUBLE_EQ(point.false_alarms_per_hour, 2);
}

TEST(FalseAlarmThresholdTest, NoneAllowedLiesAboveEveryAlarm) {
  const OperatingPoint point =
      threshold_for_false_alarms(Scores{0.25F, 0.75F, 0.5F}, Flags{0, 1, 0}, Ids{0, 0, 0}, 60, 0);
  EXPECT_EQ(point.threshold, 0.625F);
  EXPECT_DOUBLE_EQ(point.recall, 1.0);
  EXPECT_DOUBLE_EQ(point.precision, 1.0);
  EXPECT_EQ(threshold_for_false_alarms(Scores{0.5F}, Flags{0}, Ids{0}, 60, 0).threshold, kInfinity);
}

TEST(FalseAlarmThresholdTest, EqualsCountingRunsAtEveryThreshold) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Scores scores = testing::random_scores(80, seed, 40);
    Flags relevant;
    for (const std::int32_t k : testing::random_classes(80, seed + 50, 5)) relevant.push_back(k == 0 ? 1 : 0);
    Ids streams;
    for (std::int64_t n = 0; n < 80; ++n) streams.push_back(n / 27);
    int lowest = 40;
    while (count_runs(scores, relevant, streams, static_cast<float>(lowest - 1) / 40) <= 5) --lowest;
    const OperatingPoint point = threshold_for_false_alarms(scores, relevant, streams, 3600, 5);
    EXPECT_EQ(point.false_alarms_per_hour, count_runs(scores, relevant, streams, point.threshold)) << seed;
    for (const float score : scores) {
      EXPECT_EQ(score >= point.threshold, score >= static_cast<float>(lowest) / 40) << seed;
    }
  }
}

TEST(ThresholdsTest, OneForEachClass) {
  const Scores scores = {0.875F, 0.125F, /**/ 0.25F, 0.75F, /**/ 0.5F, 0.5F};
  const std::vector<std::int32_t> truth = {0, 1, kNone};
  const auto by_precision = thresholds_for_precision(scores, 2, truth, 1.0);
  EXPECT_EQ(by_precision[0].threshold, 0.6875F);
  EXPECT_EQ(by_precision[1].threshold, 0.625F);
  const auto by_alarms = thresholds_for_false_alarms(scores, 2, truth, Ids{0, 1, 2}, 3600, 1);
  EXPECT_EQ(by_alarms[0].threshold, 0.375F);
  EXPECT_EQ(by_alarms[1].threshold, 0.3125F);
  const std::vector<float> thresholds = {by_precision[0].threshold, by_precision[1].threshold};
  EXPECT_EQ(decide_above(scores, thresholds), truth);
}

TEST(ThresholdsTest, RefusesBadArguments) {
  EXPECT_THROW(threshold_for_precision(Scores{NAN}, Flags{1}, 0.5), std::invalid_argument);
  EXPECT_THROW(threshold_for_precision(Scores{1}, Flags{1}, 1.5), std::invalid_argument);
  EXPECT_THROW(threshold_for_false_alarms(Scores{1}, Flags{1}, Ids{0}, 0, 1), std::invalid_argument);
  EXPECT_THROW(threshold_for_false_alarms(Scores{1}, Flags{1}, Ids{}, 1, 1), std::invalid_argument);
}

}  // namespace
}  // namespace pupil::metrics
