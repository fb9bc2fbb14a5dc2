// SPDX-License-Identifier: Apache-2.0
// Against the written definitions, computed here sum by sum: a Fourier transform without a fast one, mel triangles from
// their formula.
#include "general/patch_front_end.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "base/split_mix.h"

namespace pupil::general {
namespace {

std::vector<float> test_sound(std::size_t samples) {
  std::vector<float> sound(samples);
  std::uint64_t state = 7;
  for (std::size_t i = 0; i < samples; ++i) {
    const double noise = static_cast<double>(split_mix(state += kSplitMixStep) >> 11U) * 0x1.0p-52 - 1;
    const double t = static_cast<double>(i) / kPatchRateHz;
    sound[i] = static_cast<float>(0.3 * std::sin(2 * std::numbers::pi * 440 * t * (1 + t)) + 0.02 * noise);
  }
  return sound;
}

double mel_of(double hz) {
  return 2595 * std::log10(1 + hz / 700);
}

double hz_of(double mel) {
  return 700 * (std::pow(10, mel / 2595) - 1);
}

// Weight of frequency `hz` under triangle `m` of 64 from 125 to 7500 Hz.
double triangle(double hz, int m, bool is_straight_in_hz) {
  const double low = mel_of(125), step = (mel_of(7500) - low) / 65;
  double left = low + m * step, top = left + step, right = top + step, at = mel_of(hz);
  if (is_straight_in_hz) {
    left = hz_of(left), top = hz_of(top), right = hz_of(right), at = hz;
  }
  return std::max(0.0, std::min((at - left) / (top - left), (right - at) / (right - top)));
}

// ln(mel + offset) of the 400 samples from `begin` on.
double log_mel(const std::vector<float>& sound, std::size_t begin, int m, const PatchOptions& options) {
  double sum = 0;
  for (int bin = 1; bin <= 256; ++bin) {
    const double weight = triangle(bin * 16000.0 / 512, m, options.is_straight_in_hz);
    if (weight == 0) continue;
    std::complex<double> value = 0;
    for (std::size_t i = 0; i < 400; ++i) {
      const double window = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / 400);
      value += window * sound[begin + i] *
               std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(i) * bin / 512);
    }
    sum += weight * std::abs(value);
  }
  return std::log(sum + options.offset);
}

void expect_definition(const PatchOptions& options, std::int64_t patch_count) {
  const std::vector<float> sound = test_sound(3 * 16000);
  const at::Tensor patches = PatchFrontEnd(options).patches(sound);
  ASSERT_EQ(patches.sizes().vec(), (std::vector<std::int64_t>{patch_count, 96, 64}));
  const std::size_t before = options.is_centred ? 56 : 0;  // (512 - 400) / 2 samples of a frame
  for (const std::int64_t patch : {std::int64_t{0}, patch_count - 1}) {
    for (const int frame : {0, 50, 95}) {
      for (const int m : {0, 1, 17, 40, 63}) {
        const auto begin = static_cast<std::size_t>((patch * options.hop_frames + frame) * 160) + before;
        EXPECT_NEAR(patches[patch][frame][m].item<float>(), log_mel(sound, begin, m, options), 2e-5)
            << "patch " << patch << ", frame " << frame << ", mel " << m;
      }
    }
  }
}

// 3 s are 298 frames of 400 samples: 1 + (298 - 96) / 48 patches.
TEST(PatchFrontEnd, YamnetIsAsWritten) {
  expect_definition(kYamnetPatches, 5);
}

TEST(PatchFrontEnd, VggishIsAsWritten) {
  expect_definition(kVggishPatches, 3);
}

// 297 frames of 512 samples: 1 + (297 - 96) / 72 patches.
TEST(PatchFrontEnd, Yamnet256IsAsWritten) {
  expect_definition(kYamnet256Patches, 3);
}

TEST(PatchFrontEnd, AnEverydayWindowIsOnePatch) {
  for (const PatchOptions& options : {kYamnetPatches, kVggishPatches, kYamnet256Patches})
    EXPECT_EQ(PatchFrontEnd(options).patches(test_sound(16000)).size(0), 1);
}

TEST(PatchFrontEnd, WhatIsTooShortOrNotFiniteIsSilence) {
  const PatchFrontEnd front_end(kYamnetPatches);
  std::vector<float> sound(500, 0.0F);
  sound[3] = NAN;
  const at::Tensor patch = front_end.patches(sound);
  EXPECT_EQ(patch.size(0), 1);
  EXPECT_NEAR(patch.min().item<float>(), std::log(0.001), 1e-6);
  EXPECT_NEAR(patch.max().item<float>(), std::log(0.001), 1e-6);
  EXPECT_EQ(front_end.patches({}).size(0), 1);
}

}  // namespace
}  // namespace pupil::general
