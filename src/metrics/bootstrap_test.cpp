// SPDX-License-Identifier: Apache-2.0
#include "metrics/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "metrics/counter_random.h"
#include "metrics/decisions.h"
#include "metrics/testing.h"

namespace pupil::metrics {
namespace {

using Classes = std::vector<std::int32_t>;
using Ids = std::vector<std::int64_t>;

Ids one_group_each(std::size_t count) {
  Ids groups(count);
  for (std::size_t n = 0; n < count; ++n) groups[n] = static_cast<std::int64_t>(n);
  return groups;
}

// Every second item right.
struct HalfRight {
  Classes truth = Classes(400, 0);
  Classes decided = Classes(400, 0);
  HalfRight() {
    for (std::size_t n = 0; n < 200; ++n) decided[n] = 1;
  }
};

// SplitMix64's published outputs for the seed 1234567.
TEST(CounterRandomTest, IsSplitMix64) {
  EXPECT_EQ(counter_random(1234567, 0), 6457827717110365317U);
  EXPECT_EQ(counter_random(1234567, 1), 3203168211198807973U);
  EXPECT_EQ(counter_random(1234567, 2), 9817491932198370423U);
  EXPECT_EQ(counter_random(1234567, 3), 4593380528125082431U);
  EXPECT_EQ(counter_random(1234567, 4), 16408922859458223821U);
}

TEST(CounterRandomTest, IndexesAreEven) {
  std::vector<int> counts(7, 0);
  for (std::uint64_t n = 0; n < 70000; ++n) ++counts[counter_index(5, n, 7)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 5 * std::sqrt(10000.0));
}

// The normal approximation: half right of 400 gives 0.5 +- 1.96 * sqrt(0.25 / 400) = 0.049. The ends of 2000
// resamples scatter by about 0.0015; 4 times that is allowed.
TEST(BootstrapTest, MatchesTheNormalApproximation) {
  const HalfRight data;
  const Interval interval =
      bootstrap_accuracy(data.truth, data.decided, one_group_each(400), {2000, 0.95, 1});
  EXPECT_DOUBLE_EQ(interval.value, 0.5);
  EXPECT_NEAR(interval.low, 0.451, 0.006);
  EXPECT_NEAR(interval.high, 0.549, 0.006);
}

// 40 groups of 10 like items hold 40 facts: the interval is wider by the root of 10.
TEST(BootstrapTest, DrawsWholeGroups) {
  const HalfRight data;
  Ids groups = one_group_each(400);
  for (std::int64_t& group : groups) group /= 10;
  const Interval interval = bootstrap_accuracy(data.truth, data.decided, groups, {2000, 0.95, 1});
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 * std::sqrt(0.25 / 40), 0.04);
}

TEST(BootstrapTest, SameSeedSameIntervalOtherSeedOther) {
  const HalfRight data;
  const auto run = [&](std::uint64_t seed) {
    return bootstrap_accuracy(data.truth, data.decided, one_group_each(400), {200, 0.9, seed});
  };
  EXPECT_EQ(run(7).low, run(7).low);
  EXPECT_EQ(run(7).high, run(7).high);
  EXPECT_NE(run(7).low + run(7).high, run(8).low + run(8).high);
}

TEST(BootstrapTest, TheOrderOfItemsDoesNotMatter) {
  const HalfRight data;
  Ids groups = one_group_each(400);
  for (std::int64_t& group : groups) group = group * 17 % 50;
  const auto order = testing::random_order(400, 9);
  const Interval one = bootstrap_accuracy(data.truth, data.decided, groups);
  const Interval other =
      bootstrap_accuracy(testing::permuted(data.truth, order), testing::permuted(data.decided, order),
                         testing::permuted(groups, order));
  EXPECT_EQ(one.low, other.low);
  EXPECT_EQ(one.high, other.high);
}

TEST(BootstrapTest, HigherConfidenceIsWider) {
  const HalfRight data;
  const auto width = [&](double confidence) {
    const Interval interval =
        bootstrap_accuracy(data.truth, data.decided, one_group_each(400), {500, confidence, 1});
    return interval.high - interval.low;
  };
  EXPECT_LT(width(0.5), width(0.9));
  EXPECT_LT(width(0.9), width(0.99));
}

// Student and teacher fail on the same items: their ratio is 1 in every draw, however the accuracies vary.
TEST(BootstrapTest, PairsAreDrawnTogether) {
  const HalfRight data;
  const Interval interval =
      bootstrap_retained_accuracy(data.truth, data.decided, data.decided, one_group_each(400));
  EXPECT_EQ(interval.low, 1.0);
  EXPECT_EQ(interval.high, 1.0);
}

TEST(BootstrapTest, OneGroupHasNoInterval) {
  const Interval interval = bootstrap_accuracy(Classes{0, 1}, Classes{0, 0}, Ids{3, 3});
  EXPECT_DOUBLE_EQ(interval.value, 0.5);
  EXPECT_TRUE(std::isnan(interval.low));
  EXPECT_TRUE(std::isnan(interval.high));
}

TEST(BootstrapTest, LeavesOutDrawsWithoutAValue) {
  const Interval interval =
      bootstrap(Ids{0, 1, 2}, [](std::span<const std::size_t> items) { return items[0] == 0 ? NAN : 2.0; });
  EXPECT_EQ(interval.low, 2.0);
}

TEST(BootstrapTest, RefusesOptionsOutOfRange) {
  const auto zero = [](std::span<const std::size_t>) { return 0.0; };
  EXPECT_THROW(bootstrap(Ids{0, 1}, zero, {0, 0.95, 1}), std::invalid_argument);
  EXPECT_THROW(bootstrap(Ids{0, 1}, zero, {10, 1.0, 1}), std::invalid_argument);
  EXPECT_THROW(bootstrap_accuracy(Classes{0}, Classes{0}, Ids{0, 1}), std::invalid_argument);
}

}  // namespace
}  // namespace pupil::metrics
