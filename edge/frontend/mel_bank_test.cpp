// SPDX-License-Identifier: Apache-2.0
#include "frontend/mel_bank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace pupil::edge {
namespace {

std::vector<float> bank_times(const LogMelOptions& options, std::vector<float> power) {
  power.resize(power.size() + kPowerSlack, 0.0F);
  std::vector<std::byte> bank(mel_bank_bytes(options));
  std::vector<float> mel(static_cast<std::size_t>(options.mel_count) + 3);
  build_mel_bank<float>(options, bank.data());
  mel_power<float>(options.mel_count, bank.data(), power.data(), mel.data());
  mel.resize(static_cast<std::size_t>(options.mel_count));
  return mel;
}

}  // namespace

TEST(MelBank, PackedBankEqualsTheFilterbank) {
  for (const std::int32_t mel_count : {1, 2, 3, 40, 64, 127, 256}) {
    for (const MelScale scale : {MelScale::slaney, MelScale::htk, MelScale::kaldi}) {
      LogMelOptions options;
      options.mel_count = mel_count;
      options.scale = scale;
      options.low_hz = 0.0F;
      options.high_hz = 8000.0F;
      std::vector<double> weights(static_cast<std::size_t>(mel_count) * 257);
      ASSERT_EQ(mel_filterbank(options, weights), Status::ok);
      std::vector<float> power(257);
      for (std::size_t k = 0; k < 257; ++k) power[k] = static_cast<float>(1 + k * 7919 % 101);
      const auto mel = bank_times(options, power);
      for (std::size_t i = 0; i < mel.size(); ++i) {
        double wanted = 0.0;
        for (std::size_t k = 0; k < 257; ++k) wanted += weights[i * 257 + k] * static_cast<double>(power[k]);
        ASSERT_NEAR(mel[i], wanted, 1e-6 * wanted) << mel_count << " mel " << i;
      }
    }
  }
}

TEST(MelBank, TrianglesOverlapByHalf) {
  for (const MelScale scale : {MelScale::slaney, MelScale::htk, MelScale::kaldi}) {
    LogMelOptions options;
    options.scale = scale;
    const MelTriangle first = mel_triangle(options, 10);
    const MelTriangle second = mel_triangle(options, 11);
    EXPECT_DOUBLE_EQ(first.centre, second.lower);
    EXPECT_DOUBLE_EQ(first.upper, second.centre);
  }
}

TEST(MelBank, EdgesAreThoseAskedFor) {
  LogMelOptions options;
  EXPECT_NEAR(mel_triangle(options, 0).lower, 60.0, 1e-9);
  EXPECT_NEAR(mel_triangle(options, 63).upper, 7800.0, 1e-9);
}

TEST(MelBank, KaldiLeavesTheLastBinOut) {
  LogMelOptions options;
  options.scale = MelScale::kaldi;
  options.high_hz = 8000.0F;
  options.mel_count = 2;
  std::vector<double> weights(2 * 257);
  ASSERT_EQ(mel_filterbank(options, weights), Status::ok);
  EXPECT_EQ(weights[257 + 256], 0.0);
  EXPECT_GT(weights[257 + 255], 0.0);
}

}  // namespace pupil::edge
