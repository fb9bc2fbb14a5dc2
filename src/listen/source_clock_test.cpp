// SPDX-License-Identifier: Apache-2.0
#include "listen/source_clock.h"

#include <gtest/gtest.h>

#include "listen/back_off.h"
#include "listen/test_listen.h"

namespace pupil::listen {
namespace {

constexpr std::int64_t kSecond = kTestRateHz;

TEST(SourceClock, DatesSamplesFromTheFirst) {
  SourceClock clock(kTestRateHz);
  clock.begin(test_moment(10), kSecond / 2, true);
  EXPECT_EQ(clock.time_of(0), test_moment(9.5).utc);
  EXPECT_EQ(clock.end(), test_moment(10).utc);
}

// A second is missing at the 30th: what comes after is dated a second later, once the minute is over.
TEST(SourceClock, FindsWhatWasDropped) {
  SourceClock clock(kTestRateHz);
  clock.begin(test_moment(0), 0, true);
  std::int64_t lost = 0;
  for (int second = 1; second <= 180; ++second) {
    if (second != 30) lost += clock.arrived(test_moment(second), kSecond);
  }
  EXPECT_EQ(lost, kSecond);
  EXPECT_EQ(clock.end(), test_moment(180).utc);
}

TEST(SourceClock, LeavesPipesAndQuartzesAlone) {
  SourceClock clock(kTestRateHz);
  clock.begin(test_moment(0), 0, true);
  std::int64_t lost = 0;
  for (int second = 1; second <= 600; ++second)  // 20 ppm slow; every tenth block comes late
    lost += clock.arrived(test_moment(second * 1.00002 + (second % 10 == 0 ? 0.4 : 0)), kSecond);
  EXPECT_EQ(lost, 0);
}

TEST(SourceClock, LetsAProgramRunAhead) {
  SourceClock clock(kTestRateHz);
  clock.begin(test_moment(0), 0, true);
  std::int64_t lost = 0;
  for (int second = 1; second <= 300; ++second) lost += clock.arrived(test_moment(second), 50 * kSecond);
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(clock.end(), test_moment(300 * 50).utc);
}

TEST(SourceClock, FollowsAClockThatWasSet) {
  SourceClock clock(kTestRateHz);
  clock.begin(test_moment(0), 0, true);
  clock.arrived(test_moment(1), kSecond);
  Moment later = test_moment(2);
  later.utc += std::chrono::hours(1);
  EXPECT_FALSE(clock.was_set(test_moment(2)));
  EXPECT_TRUE(clock.was_set(later));
  EXPECT_EQ(clock.end(), test_moment(1).utc);
  clock.follow(later);
  EXPECT_EQ(clock.end(), test_moment(1).utc + std::chrono::hours(1));
  EXPECT_FALSE(clock.was_set(later));
}

TEST(BackOff, DoublesToAMinuteAndVaries) {
  BackOff back_off(7);
  std::chrono::milliseconds wait{0};
  for (int i = 0; i < 10; ++i) {
    wait = back_off.next();
    const auto middle = std::min(BackOff::kFirst * (1 << i), BackOff::kMost);
    EXPECT_GE(wait, middle * 8 / 10);
    EXPECT_LE(wait, middle * 12 / 10);
  }
  back_off.reset();
  EXPECT_LE(back_off.next(), BackOff::kFirst * 12 / 10);
}

}  // namespace
}  // namespace pupil::listen
