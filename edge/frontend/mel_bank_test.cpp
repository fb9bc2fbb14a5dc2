// SPDX-License-Identifier: Apache-2.0
#include "frontend/mel_bank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "frontend/frame_table.h"

namespace pupil::edge {
namespace {

std::vector<float> bank_times(const frame::Table& table, const LogMelOptions& options,
                              std::vector<float> power) {
  const MelBankSize size = mel_bank_size(options, table.single.triangles);
  power.resize(power.size() + static_cast<std::size_t>(size.power_slack), 0.0F);
  std::vector<std::int32_t> groups(static_cast<std::size_t>(size.groups));
  std::vector<float> weights(static_cast<std::size_t>(size.weights));
  std::vector<float> mel(static_cast<std::size_t>(options.mel_count + frame::kMostLanes - 1));
  build_mel_bank(options, table.single.triangles, groups.data(), weights.data());
  table.single.mel_power({options.mel_count, groups.data(), weights.data(), power.data(), mel.data()});
  mel.resize(static_cast<std::size_t>(options.mel_count));
  return mel;
}

constexpr KernelSet kSets[] = {KernelSet::reference, KernelSet::avx2, KernelSet::avx512_vnni};

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
      const auto mel = bank_times(frame::four::table(), options, power);
      for (std::size_t i = 0; i < mel.size(); ++i) {
        double wanted = 0.0;
        for (std::size_t k = 0; k < 257; ++k) wanted += weights[i * 257 + k] * static_cast<double>(power[k]);
        ASSERT_NEAR(mel[i], wanted, 1e-6 * wanted) << mel_count << " mel " << i;
      }
    }
  }
}

// Also where groups have triangles of very different width, and none at all in some places.
TEST(MelBank, TrianglesSideBySideGiveTheSameBits) {
  for (const KernelSet set : kSets) {
    const frame::Table* table = frame::find_table(set);
    if (table == nullptr) continue;  // mentioned by the tests of the transform
    for (std::int32_t mel_count = 1; mel_count <= 256; mel_count = mel_count * 5 / 4 + 1) {
      LogMelOptions options;
      options.mel_count = mel_count;
      options.low_hz = mel_count % 2 == 0 ? 0.0F : 60.0F;
      options.high_hz = 8000.0F;
      options.scale = static_cast<MelScale>(mel_count % 3);
      std::vector<float> power(257);
      for (std::size_t k = 0; k < 257; ++k) power[k] = 1.0F / static_cast<float>(1 + k * 7919 % 101);
      const auto wanted = bank_times(frame::four::table(), options, power);
      const auto got = bank_times(*table, options, power);
      EXPECT_EQ(std::memcmp(got.data(), wanted.data(), wanted.size() * sizeof(float)), 0)
          << table->name << " " << mel_count;
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
