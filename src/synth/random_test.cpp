// SPDX-License-Identifier: Apache-2.0
#include "synth/random.h"

#include <gtest/gtest.h>

namespace pupil::synth {
namespace {

// mix(mix(k) + k) with k = 0x9E3779B97F4A7C15 and SplitMix64's mix, by python3's integers.
TEST(Random, GivesTheSameNumbersEverywhere) {
  Random random(0);
  EXPECT_EQ(random.bits(), 0xA706DD2F4D197E6FU);
}

TEST(Random, AForkDoesNotDependOnWhatWasDrawn) {
  Random drawn(7);
  const std::uint64_t before = drawn.fork("room").bits();
  drawn.bits();
  EXPECT_EQ(drawn.fork("room").bits(), before);
  EXPECT_NE(drawn.fork("room", 1).bits(), before);
  EXPECT_NE(drawn.fork("voice").bits(), before);
}

TEST(Random, MomentsAreAsPromised) {
  Random random(1);
  double sum = 0, squares = 0, noise_squares = 0, uniform = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    const double normal = random.normal();
    const double noise = random.noise();
    sum += normal;
    squares += normal * normal;
    noise_squares += noise * noise;
    uniform += random.uniform();
  }
  EXPECT_NEAR(sum / kCount, 0, 0.02);  // six standard errors of 1 / sqrt(100,000)
  EXPECT_NEAR(squares / kCount, 1, 0.03);
  EXPECT_NEAR(noise_squares / kCount, 1.0 / 3, 0.01);
  EXPECT_NEAR(uniform / kCount, 0.5, 0.006);
}

TEST(Random, BetweenReachesBothEnds) {
  Random random(2);
  bool low = false, high = false;
  for (int i = 0; i < 200; ++i) {
    const std::int64_t drawn = random.between(-1, 1);
    ASSERT_TRUE(drawn >= -1 && drawn <= 1);
    low |= drawn == -1;
    high |= drawn == 1;
  }
  EXPECT_TRUE(low && high);
}

}  // namespace
}  // namespace pupil::synth
