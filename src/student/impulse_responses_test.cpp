// SPDX-License-Identifier: Apache-2.0
#include "student/impulse_responses.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/error.h"
#include "student/audio_effects.h"

namespace pupil::student {
namespace {

std::vector<float> impulse(std::size_t at, std::size_t length, float height) {
  std::vector<float> response(length);
  response[at] = height;
  return response;
}

std::vector<float> noise(std::size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0F, 0.1F);
  std::vector<float> samples(count);
  for (float& x : samples) x = normal(random);
  return samples;
}

TEST(ImpulseResponses, AnImpulseOfAnyHeightLeavesTheSoundAsItIs) {
  const ImpulseResponses responses({impulse(0, 10, 0.3F)});
  const std::vector<float> dry = noise(1000);
  std::vector<float> wet = dry;
  responses.apply(0, wet);
  EXPECT_EQ(wet, dry);
}

TEST(ImpulseResponses, SilenceBeforeThePeakIsNoDelay) {
  const ImpulseResponses responses({impulse(4000, 8000, 1)});
  std::vector<float> wet = impulse(100, 400, 1);
  responses.apply(0, wet);
  EXPECT_EQ(wet, impulse(116, 400, 1)) << "one millisecond before the peak is kept";
}

TEST(ImpulseResponses, NoiseKeepsItsPower) {
  std::vector<float> response = noise(500);
  for (std::size_t t = 0; t < response.size(); ++t) response[t] *= std::exp(-static_cast<float>(t) / 50);
  const ImpulseResponses responses({response});
  std::vector<float> wet = noise(32000);
  const double before = mean_power(wet);
  responses.apply(0, wet);
  EXPECT_NEAR(mean_power(wet) / before, 1, 0.1);
}

TEST(ImpulseResponses, AreTheSumOfDelayedCopies) {
  const ImpulseResponses responses({{0.6F, 0.0F, -0.8F}});
  std::vector<float> wet = {1, 2, 3, 4};
  responses.apply(0, wet);
  EXPECT_FLOAT_EQ(wet[0], 0.6F * 1);
  EXPECT_FLOAT_EQ(wet[3], 0.6F * 4 - 0.8F * 2);
}

TEST(ImpulseResponses, HaveAHashOfWhatIsKept) {
  EXPECT_EQ(ImpulseResponses().hash(), "");
  const ImpulseResponses one({{1.0F, 0.5F}}), louder({{2.0F, 1.0F}}), other({{1.0F, 0.25F}});
  EXPECT_EQ(one.hash(), louder.hash());
  EXPECT_NE(one.hash(), other.hash());
}

TEST(ImpulseResponses, RefuseWhatIsNone) {
  EXPECT_THROW(ImpulseResponses({{0.0F, 0.0F}}), Error);
  EXPECT_THROW(ImpulseResponses({{1.0F, NAN}}), Error);
  EXPECT_THROW(ImpulseResponses(std::vector<std::vector<float>>(1)), Error);
}

}  // namespace
}  // namespace pupil::student
