// SPDX-License-Identifier: Apache-2.0
#include "pipeline/verdict_worth.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil::pipeline {
namespace {

// Two named classes and two groups behind them; of twenty verdicts each, right as given.
teacher::VerdictValidation validation(std::int64_t unaided, std::int64_t half, std::int64_t right) {
  teacher::VerdictValidation result;
  result.share = 0.5;
  for (int k = 0; k < 4; ++k) {
    result.classes.push_back({20, unaided, half, half, right});
    for (std::int64_t i = 0; i < 20; ++i) result.held_out.push_back({k, i < right ? 0.95F : 0.4F, i < right});
  }
  return result;
}

const std::vector<std::string> kNames = {"bark", "howl"};

TEST(VerdictWorth, ACurveThatRisesPromisesMore) {
  const VerdictWorth worth = measure_worth(validation(8, 13, 15), kNames);
  ASSERT_EQ(worth.classes.size(), 3U);
  const ClassWorth& bark = worth.classes[0];
  EXPECT_GT(bark.accuracy_more, bark.accuracy_now);
  EXPECT_LT(bark.accuracy_more, 1);
  EXPECT_GT(bark.gain_error, 0);
  EXPECT_FALSE(bark.enough);
}

TEST(VerdictWorth, WhereNothingIsWrongItIsEnough) {
  EXPECT_TRUE(measure_worth(validation(20, 20, 20), kNames).classes[0].enough);
}

TEST(VerdictWorth, GroupsCountAsNoneOfThese) {
  const VerdictWorth worth = measure_worth(validation(8, 13, 15), kNames);
  EXPECT_EQ(worth.classes[2].name, "none of these");
  EXPECT_EQ(worth.classes[2].verdict_count, 40);
}

// Sure calls are right and unsure ones wrong: the threshold is between them, and its interval around it.
TEST(VerdictWorth, FindsAThresholdWithItsInterval) {
  const VerdictWorth worth = measure_worth(validation(8, 13, 15), kNames);
  ASSERT_TRUE(worth.classes[0].threshold);
  const AcceptThreshold& threshold = *worth.classes[0].threshold;
  EXPECT_GT(threshold.value, 0.4);
  EXPECT_LT(threshold.value, 0.95);
  EXPECT_LT(threshold.low, threshold.value);
  EXPECT_GT(threshold.high, threshold.value);
}

TEST(VerdictWorth, FewCallsGiveNoThreshold) {
  teacher::VerdictValidation few = validation(8, 13, 15);
  for (teacher::HeldOutVerdict& one : few.held_out) one.class_index = 1;
  EXPECT_FALSE(measure_worth(few, kNames).classes[0].threshold);
}

TEST(VerdictWorth, ComesBackFromJson) {
  const VerdictWorth worth = measure_worth(validation(8, 13, 15), kNames);
  EXPECT_EQ(read_worth(parse_json(worth_json(worth).dump())), worth);
  EXPECT_THROW(read_worth(parse_json("{}")), Error);
}

TEST(VerdictWorth, SaysItInWords) {
  const std::string text = worth_text(measure_worth(validation(8, 13, 15), kNames));
  EXPECT_NE(text.find("a head taught by them has a share of 0.50"), std::string::npos) << text;
  EXPECT_NE(text.find("10 more: from "), std::string::npos) << text;
  EXPECT_EQ(worth_text({}), "");
}

}  // namespace
}  // namespace pupil::pipeline
