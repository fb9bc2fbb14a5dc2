// SPDX-License-Identifier: Apache-2.0
#include "fetch/rate_limit.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/test_folder.h"

namespace pupil::fetch {
namespace {

class RateLimits : public testing::Test {
 protected:
  TestFolder folder_;
  const std::filesystem::path file_ = folder_ / "limits/host:443";
};

int taken_at_once(RateLimit& limit) {
  int count = 0;
  while (count < 10000 && limit.take() == 0) ++count;
  return count;
}

TEST_F(RateLimits, LetAsManyThroughAsTheyCount) {
  RateLimit limit(file_, {{7, 3600}});
  EXPECT_EQ(taken_at_once(limit), 7);
  EXPECT_NEAR(limit.take(), 3600, 10);
}

TEST_F(RateLimits, TheStrictestRuleDecides) {
  RateLimit limit(file_, {{60, 60}, {5, 86400}});
  EXPECT_EQ(taken_at_once(limit), 5);
  EXPECT_GT(limit.take(), 86000);
}

TEST_F(RateLimits, AnotherProcessCountsOn) {
  {
    RateLimit killed(file_, {{10, 3600}});
    for (int i = 0; i < 4; ++i) EXPECT_EQ(killed.take(), 0);
  }
  RateLimit next(file_, {{10, 3600}});
  EXPECT_EQ(taken_at_once(next), 6);
}

TEST_F(RateLimits, TheWindowMovesOn) {
  RateLimit limit(file_, {{3, 0.05}});
  EXPECT_EQ(taken_at_once(limit), 3);
  std::this_thread::sleep_for(std::chrono::milliseconds(80));
  EXPECT_EQ(limit.take(), 0);
}

TEST_F(RateLimits, HoldIsKeptByAll) {
  RateLimit limit(file_, {{1000, 1}});
  limit.hold(100);
  RateLimit other(file_, {{1000, 1}});
  EXPECT_NEAR(other.take(), 100, 1);
  other.hold(1);  // a shorter one does not undo it
  EXPECT_GT(limit.take(), 90);
}

TEST_F(RateLimits, MoreThanTheRingHolds) {
  RateLimit limit(file_, {{4096, 3600}});
  EXPECT_EQ(taken_at_once(limit), 4096);
  EXPECT_GT(limit.take(), 3000);
}

}  // namespace
}  // namespace pupil::fetch
