// SPDX-License-Identifier: Apache-2.0
#include "metrics/clip_scores.h"

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

TEST(ClipScoresTest, AveragesTheActiveWindowsOfEachClip) {
  const Scores scores = {0.5F, 0.5F, /**/ 0.25F, 0.75F, /**/ 1.0F, 0.0F, /**/ 0.0F, 1.0F};
  const ClipScores clips = mean_of_active_windows(scores, 2, Ids{9, 4, 4, 4}, Flags{1, 1, 1, 0});
  EXPECT_EQ(clips.clip_ids, (Ids{4, 9}));
  EXPECT_EQ(clips.scores, (Scores{0.625F, 0.375F, 0.5F, 0.5F}));
  EXPECT_EQ(clips.window_counts, (std::vector<std::int32_t>{2, 1}));
}

TEST(ClipScoresTest, AClipWithoutActiveWindowsIsHeardWhole) {
  const ClipScores clips = mean_of_active_windows(Scores{1, 0, 0, 1}, 2, Ids{1, 1}, Flags{0, 0});
  EXPECT_EQ(clips.scores, (Scores{0.5F, 0.5F}));
  EXPECT_EQ(clips.window_counts[0], 2);
}

TEST(ClipScoresTest, NoFlagsMeansAllActive) {
  EXPECT_EQ(mean_of_active_windows(Scores{1, 0, 0, 1}, 2, Ids{1, 1}, {}).scores, (Scores{0.5F, 0.5F}));
}

TEST(ClipScoresTest, ANaNWindowLeavesItsClipUndecided) {
  const Scores scores = {NAN, 0.5F, /**/ 1.0F, 0.0F, /**/ 0.0F, 1.0F};
  const ClipScores clips = mean_of_active_windows(scores, 2, Ids{1, 1, 2}, {});
  EXPECT_EQ(decide(clips.scores, 2), (std::vector<std::int32_t>{kNone, 1}));
  EXPECT_EQ(decide(mean_of_active_windows(scores, 2, Ids{1, 1, 2}, Flags{0, 1, 1}).scores, 2),
            (std::vector<std::int32_t>{0, 1}));
}

TEST(ClipScoresTest, DoesNotDependOnTheOrder) {
  const Scores scores = testing::random_scores(90 * 3, 1, 1024);  // steps of 2^-10: sums are exact
  Ids ids;
  for (const std::int32_t k : testing::random_classes(90, 2, 11)) ids.push_back(k * 7 - 20);
  Flags active;
  for (const std::int32_t k : testing::random_classes(90, 3, 2))
    active.push_back(static_cast<std::uint8_t>(k));
  const auto order = testing::random_order(90, 4);
  const ClipScores one = mean_of_active_windows(scores, 3, ids, active);
  const ClipScores other =
      mean_of_active_windows(testing::permuted(scores, order, 3), 3, testing::permuted(ids, order),
                             testing::permuted(active, order));
  EXPECT_EQ(one.clip_ids, other.clip_ids);
  EXPECT_EQ(one.scores, other.scores);
}

TEST(ClipScoresTest, RefusesOtherLengths) {
  EXPECT_THROW(mean_of_active_windows(Scores{1, 0}, 2, Ids{1, 1}, {}), std::invalid_argument);
  EXPECT_THROW(mean_of_active_windows(Scores{1, 0}, 2, Ids{1}, Flags{1, 1}), std::invalid_argument);
}

}  // namespace
}  // namespace pupil::metrics
