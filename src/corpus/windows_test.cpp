// SPDX-License-Identifier: Apache-2.0
#include "corpus/windows.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

LevelTrack track_of(const std::vector<float>& samples) {
  LevelMeter meter(kRateHz);
  meter.push(samples);
  return meter.finish();
}

std::vector<float> tone(double duration_s, float amplitude) {
  std::vector<float> samples(static_cast<std::size_t>(duration_s * kRateHz));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = amplitude * std::sin(0.3F * static_cast<float>(i));
  return samples;
}

std::vector<std::int64_t> starts(std::int64_t sample_count, const WindowOptions& options = {}) {
  std::vector<std::int64_t> result;
  for (const auto& span : cut_windows(LevelTrack{}, kRateHz, sample_count, options))
    result.push_back(span.start_sample);
  return result;
}

TEST(LevelTrack, MeasuresInHalfDecibels) {
  const LevelTrack track = track_of(tone(1.0, 1.0F));
  ASSERT_EQ(track.blocks.size(), 50u);
  EXPECT_NEAR(track.block_dbfs(3), -3.01, 0.26);  // a sine has half the power of a square; steps of 0.5 dB
  EXPECT_NEAR(track.span_dbfs(0, 50), -3.01, 0.26);
}

TEST(LevelTrack, GivesTheSameInAnyPieces) {
  const auto samples = tone(0.73, 0.2F);
  LevelMeter meter(kRateHz);
  for (std::size_t i = 0; i < samples.size(); i += 77) {
    meter.push(std::span(samples).subspan(i, std::min<std::size_t>(77, samples.size() - i)));
  }
  EXPECT_EQ(meter.finish().blocks, track_of(samples).blocks);
}

TEST(LevelTrack, FloorIsTheQuietestTenth) {
  auto samples = tone(1.0, 0.5F);
  std::fill(samples.begin() + 8000, samples.end(), 0.0F);
  EXPECT_DOUBLE_EQ(track_of(samples).floor_dbfs(), kQuietestDbfs);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = i % 2 == 0 ? 0.1F : -0.1F;
  samples[0] = 0;
  EXPECT_NEAR(track_of(samples).floor_dbfs(), -20.0, 0.5);
}

TEST(Windows, HopThroughTheClip) {
  EXPECT_EQ(starts(3 * kRateHz), (std::vector<std::int64_t>{0, 8000, 16000, 24000, 32000}));
}

TEST(Windows, AddOneForALongEnd) {
  EXPECT_EQ(starts(20000), (std::vector<std::int64_t>{0, 4000}));
}

TEST(Windows, LetAShortEndGo) {
  EXPECT_EQ(starts(16000 + 2000), (std::vector<std::int64_t>{0}));
}

TEST(Windows, GiveOneForAShortClip) {
  const auto spans = cut_windows(track_of(tone(0.3, 0.5F)), kRateHz, 4800, {});
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].length_samples, kRateHz);
}

TEST(Windows, ActivityIsTheLevelAboveTheFloor) {
  auto samples = tone(4.0, 0.001F);  // -63 dBFS
  const auto loud = tone(1.0, 0.1F);
  std::copy(loud.begin(), loud.end(), samples.begin() + 2 * kRateHz);
  const auto spans = cut_windows(track_of(samples), kRateHz, std::ssize(samples), {});
  EXPECT_NEAR(spans[0].activity_db, 0, 0.6);
  EXPECT_NEAR(spans[4].activity_db, 40, 0.6);
}

TEST(Windows, ASoundThatFillsItsClipIsActive) {
  const auto spans = cut_windows(track_of(tone(4.0, 0.1F)), kRateHz, 4 * kRateHz, {});
  EXPECT_NEAR(spans[0].activity_db, 50 - 23, 0.6);
}

TEST(Windows, RefuseLengthsThatAreNone) {
  WindowOptions options;
  options.hop_s = 0;
  EXPECT_THROW(cut_windows(LevelTrack{}, kRateHz, 100, options), Error);
}

}  // namespace
}  // namespace pupil::corpus
