// SPDX-License-Identifier: Apache-2.0
#include "audio/dc_blocker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace pupil::audio {
namespace {

double peak_of_tone(double frequency_hz, double offset) {
  DcBlocker dc(16000);
  double peak = 0;
  for (int i = 0; i < 16000; ++i) {
    const double out = dc(offset + std::sin(2 * std::numbers::pi * frequency_hz * i / 16000));
    if (i > 8000) peak = std::max(peak, std::abs(out));
  }
  return peak;
}

}  // namespace

TEST(DcBlocker, AConstantIsSilenceFromTheFirstSample) {
  DcBlocker dc(16000);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(dc(0.05), 0);
}

// First order: -0.04 dB at 200 Hz, -3 dB at the corner.
TEST(DcBlocker, LeavesToneAndTakesOffset) {
  EXPECT_NEAR(peak_of_tone(200, 0), 1 / std::sqrt(1.01), 0.005);
  EXPECT_NEAR(peak_of_tone(20, 0), std::sqrt(0.5), 0.02);
  EXPECT_NEAR(peak_of_tone(200, 0.3), peak_of_tone(200, 0), 0.002);
}

}  // namespace pupil::audio
