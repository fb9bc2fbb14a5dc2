// SPDX-License-Identifier: Apache-2.0
#include "review/order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/split_mix.h"

namespace pupil::review {
namespace {

using corpus::ReviewCandidate;

// 20 recordings of 30 windows; confidence and margin fall together.
std::vector<ReviewCandidate> candidates() {
  std::vector<ReviewCandidate> list;
  for (int i = 0; i < 600; ++i) {
    ReviewCandidate one;
    one.window_id = i + 1;
    one.clip_id = one.recording = i / 30 + 1;
    one.start_ms = i % 30 * 500;
    one.length_ms = 1000;
    one.label = static_cast<std::int16_t>(i % 4 == 0 ? 1 : 0);
    one.margin = static_cast<float>(split_mix(static_cast<std::uint64_t>(i)) % 1000) / 1000;
    one.confidence = (1 + one.margin) / 2;
    list.push_back(one);
  }
  return list;
}

class EveryOrder : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryOrder, HasEachOnceAndIsTheSameAgain) {
  const auto list = candidates();
  const OrderKind kind = *parse_order(GetParam());
  const auto order = order_candidates(list, kind, 1);
  EXPECT_EQ(order, order_candidates(list, kind, 1));
  EXPECT_EQ(std::set(order.begin(), order.end()).size(), list.size());
  EXPECT_EQ(order.size(), list.size());
  EXPECT_NE(order, order_candidates(list, kind, 2));
  EXPECT_TRUE(order_candidates({}, kind, 1).empty());
}

INSTANTIATE_TEST_SUITE_P(All, EveryOrder,
                         ::testing::Values("worth", "uncertain", "balanced", "diverse", "random"));

TEST(Order, UnknownWordIsNone) {
  EXPECT_FALSE(parse_order("best"));
}

TEST(Order, UncertainAsksEveryRecordingOnceFirst) {
  const auto list = candidates();
  const auto order = order_candidates(list, OrderKind::uncertain, 1);
  std::set<std::int32_t> recordings;
  float last = -1;
  for (int i = 0; i < 20; ++i) {
    const ReviewCandidate& one = list[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    recordings.insert(one.recording);
    EXPECT_GE(one.margin, last);
    last = one.margin;
  }
  EXPECT_EQ(recordings.size(), 20U);
}

TEST(Order, ARecordingsSecondWindowIsFromElsewhereInIt) {
  const auto list = candidates();
  std::map<std::int32_t, std::set<int>> tens;
  const auto order = order_candidates(list, OrderKind::uncertain, 1);
  for (int i = 0; i < 40; ++i) {
    const ReviewCandidate& one = list[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    tens[one.recording].insert(one.start_ms / 10'000);
  }
  for (const auto& [recording, places] : tens) EXPECT_EQ(places.size(), 2U) << recording;
}

TEST(Order, BalancedCoversTheScores) {
  const auto list = candidates();
  const auto order = order_candidates(list, OrderKind::balanced, 1);
  std::map<int, int> bins;
  for (int i = 0; i < 50; ++i) {
    const ReviewCandidate& one = list[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    ++bins[one.label * 10 + std::min(9, static_cast<int>(one.confidence * 10))];
  }
  EXPECT_EQ(bins.size(), 10U) << "five bins of two classes";
  for (const auto& [bin, count] : bins) EXPECT_EQ(count, 5) << bin;
}

TEST(Order, WorthTakesTheUncertainAndSomeOfAllFromEachClass) {
  const auto list = candidates();
  const auto order = order_candidates(list, OrderKind::worth, 1);
  double margin = 0;
  int rare = 0;
  for (int i = 0; i < 40; ++i) {
    const ReviewCandidate& one = list[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    margin += one.margin / 40;
    rare += one.label;
  }
  EXPECT_LT(margin, 0.35) << "0.5 at random";
  EXPECT_GE(rare, 15) << "10 at random";
}

TEST(Sketch, DistanceFollowsTheAngle) {
  const SketchMaker maker(std::vector<float>(64, 0.5F));
  std::vector<float> a(64, 0.5F), b = a, c = a;
  a[0] += 1;
  b[0] += 1;
  b[1] += 0.2F;
  c[0] -= 1;
  EXPECT_EQ(sketch_distance(maker.make(a), maker.make(a)), 0);
  EXPECT_LT(sketch_distance(maker.make(a), maker.make(b)), 24);
  EXPECT_GT(sketch_distance(maker.make(a), maker.make(c)), 120);
  EXPECT_NEAR(maker.cosine(a, c), -1, 1e-6);
  EXPECT_EQ(maker.cosine(a, std::vector<float>(3)), 0);
  EXPECT_EQ(maker.make(std::vector<float>(3)), Sketch{});
}

TEST(Sketch, FarthestFirstLeavesWhatWasShown) {
  const std::vector<Sketch> sketches = {{0, 0}, {1, 0}, {~0ULL, 0}, {0, ~0ULL}};
  EXPECT_EQ(farthest_first(sketches, {}), (std::vector<std::int32_t>{0, 2, 3, 1}));
  const std::vector<Sketch> shown = {{0, 0}};
  EXPECT_EQ(farthest_first(sketches, shown).front(), 2);
}

TEST(BlockOrder, SpreadsABlockWhenItIsLookedAt) {
  int reads = 0;
  BlockOrder order({4, 0, 1, 2, 3}, 3, [&](std::int32_t i) {
    ++reads;
    return Sketch{i == 1 ? ~0ULL : 0, 0};
  });
  EXPECT_EQ(order.at(0), 4);
  EXPECT_EQ(order.at(1), 1);
  EXPECT_EQ(reads, 3);
  EXPECT_EQ(order.at(4), 3);
  EXPECT_EQ(reads, 5);
  EXPECT_EQ(order.place_of(1), 1U);
}

}  // namespace
}  // namespace pupil::review
