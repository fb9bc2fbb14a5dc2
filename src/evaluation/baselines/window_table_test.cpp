// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/window_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.h"
#include "evaluation/baselines/testing.h"

namespace pupil::evaluation {
namespace {

WindowTable two_columns() {
  WindowTable table;
  table.feature_count = 2;
  table.class_count = 3;
  table.add(std::vector<float>{1, 7}, 0, 10);
  table.add(std::vector<float>{3, 7}, 0, 10);
  table.add(std::vector<float>{5, 7}, 2, 11, 4.0F);
  return table;
}

TEST(WindowTableTest, KnowsCountsAndMeanWeights) {
  WindowTable table = two_columns();
  table.weights[1] = 2;
  EXPECT_EQ(class_counts(table), (std::vector<std::int64_t>{2, 0, 1}));
  EXPECT_EQ(mean_class_weights(table), (std::vector<double>{1.5, 0, 4}));
}

TEST(WindowTableTest, BalancingGivesClassesThatOccurTheSameSum) {
  WindowTable table = two_columns();
  balance_classes(table);
  EXPECT_EQ(table.weights, (std::vector<float>{0.75F, 0.75F, 1.5F}));
}

TEST(WindowTableTest, RefusesWhatDoesNotFit) {
  WindowTable table = two_columns();
  table.check_for_training();
  table.labels[1] = 3;
  table.check();
  EXPECT_THROW(table.check_for_training(), Error);
  table = two_columns();
  table.features[3] = NAN;
  EXPECT_THROW(table.check(), Error);
  table = two_columns();
  table.weights[0] = -1;
  EXPECT_THROW(table.check(), Error);
  table = two_columns();
  table.recording_ids.pop_back();
  EXPECT_THROW(table.check(), Error);
}

TEST(HoldOutTest, NeverDividesARecording) {
  const WindowTable table = testing::clouds(5, 100, 1, 1);
  const HeldOut parts = hold_out_recordings(table, 1);
  EXPECT_EQ(parts.fit.window_count() + parts.held_out.window_count(), table.window_count());
  const std::set<std::int64_t> fit(parts.fit.recording_ids.begin(), parts.fit.recording_ids.end());
  for (const std::int64_t id : parts.held_out.recording_ids) EXPECT_FALSE(fit.contains(id));
  EXPECT_GT(parts.held_out.window_count(), 20U);
  EXPECT_LT(parts.held_out.window_count(), 250U);
}

TEST(HoldOutTest, KeepsRowsWhole) {
  const WindowTable table = testing::clouds(3, 50, 9, 2);
  const HeldOut parts = hold_out_recordings(table, 3);
  for (std::size_t n = 0; n < parts.fit.window_count(); ++n) {
    EXPECT_GT(parts.fit.row(n)[static_cast<std::size_t>(parts.fit.labels[n])], 7);
  }
}

TEST(StandardiserTest, GivesMeanZeroAndDeviationOne) {
  const Standardiser standardiser(two_columns());
  std::vector<float> row = {5, 7};
  standardiser.apply(row, row);
  EXPECT_NEAR(row[0], 1 / std::sqrt(14.0 / 6), 1e-6);  // 1, 3 and four times 5
  EXPECT_EQ(row[1], 0);
}

}  // namespace
}  // namespace pupil::evaluation
