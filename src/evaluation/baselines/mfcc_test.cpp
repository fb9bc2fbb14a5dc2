// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/mfcc.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace pupil::evaluation {
namespace {

TEST(MfccTest, AConstantFrameHasOnlyTheZeroth) {
  const MfccStatistics mfcc(64, 20);
  const std::vector<float> c = mfcc.coefficients(std::vector<float>(64, -2.5F));
  ASSERT_EQ(c.size(), 20U);
  EXPECT_NEAR(c[0], -2.5F * 8, 1e-5);  // 64 sqrt(1 / 64)
  for (std::size_t j = 1; j < 20; ++j) EXPECT_NEAR(c[j], 0, 1e-5) << j;
}

TEST(MfccTest, ACosineHasOnlyItsOwn) {
  std::vector<float> frame;
  for (int m = 0; m < 32; ++m) frame.push_back(std::cos(std::numbers::pi_v<float> * 3 * (m + 0.5F) / 32));
  const std::vector<float> c = MfccStatistics(32, 6).coefficients(frame);
  for (std::size_t j = 0; j < 6; ++j) EXPECT_NEAR(c[j], j == 3 ? 4.0F : 0.0F, 1e-5) << j;  // sqrt(32 / 2)
}

TEST(MfccTest, AllCoefficientsKeepTheEnergy) {
  const std::vector<float> frame = {1, -2, 3, 0.5F};
  float energy = 0;
  for (const float c : MfccStatistics(4, 4).coefficients(frame)) energy += c * c;
  EXPECT_NEAR(energy, 1 + 4 + 9 + 0.25F, 1e-5);
}

// One bin: the coefficient is the value itself. 0 1 2 3 4 5: mean 2.5, deviation sqrt(35 / 12).
TEST(MfccTest, StatisticsOfARamp) {
  const MfccStatistics mfcc(1, 1);
  std::vector<float> features(4);
  mfcc.write(std::vector<float>{0, 1, 2, 3, 4, 5}, features);
  EXPECT_FLOAT_EQ(features[0], 2.5F);
  EXPECT_NEAR(features[1], std::sqrt(35.0 / 12), 1e-6);
  // Slopes with repeated ends: 0.5 0.8 1 1 0.8 0.5.
  const double mean = 4.6 / 6;
  const double variance = (2 * (0.25 + 0.64 + 1)) / 6 - mean * mean;
  EXPECT_NEAR(features[2], std::sqrt(variance), 1e-6);
}

TEST(MfccTest, AStillWindowHasNoDeviations) {
  const MfccStatistics mfcc(8, 3);
  std::vector<float> features(12);
  mfcc.write(std::vector<float>(8 * 5, 1.0F), features);
  for (std::size_t i = 3; i < 12; ++i) EXPECT_NEAR(features[i], 0, 1e-6) << i;
}

TEST(MfccTest, OneFrameIsEnough) {
  std::vector<float> features(12);
  MfccStatistics(8, 3).write(std::vector<float>(8, 1.0F), features);
  EXPECT_EQ(features[11], 0);
}

TEST(MfccTest, RefusesWrongSizes) {
  const MfccStatistics mfcc(8, 3);
  std::vector<float> features(12);
  std::vector<float> few(11);
  EXPECT_THROW(mfcc.write({}, features), Error);
  EXPECT_THROW(mfcc.write(std::vector<float>(9), features), Error);
  EXPECT_THROW(mfcc.write(std::vector<float>(8), few), Error);
  EXPECT_THROW(MfccStatistics(8, 9), Error);
}

}  // namespace
}  // namespace pupil::evaluation
