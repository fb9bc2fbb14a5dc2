// SPDX-License-Identifier: Apache-2.0
#include "audio/wav_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "audio/decoder.h"
#include "audio/testing.h"
#include "base/error.h"

namespace pupil::audio {
namespace {

TEST(WavWriter, FloatKeepsTheBits) {
  const testing::Folder folder;
  const std::vector<float> in = testing::tone(440, 32000, 40000, 3.0F);
  WavWriter writer(folder.path(), 32000, WavFormat::kFloat32);
  writer.write(std::span(in).first(12345));
  writer.write(std::span(in).subspan(12345));
  writer.commit(folder / "x.wav");
  AudioInfo info;
  EXPECT_EQ(decode_file(folder / "x.wav", {}, &info), in);
  EXPECT_EQ(info.codec, "pcm_f32le");
  EXPECT_EQ(info.sample_rate_hz, 32000);
  EXPECT_DOUBLE_EQ(info.duration_s, 1.25);
}

TEST(WavWriter, SixteenBitsRoundAndClip) {
  const testing::Folder folder;
  WavWriter writer(folder.path(), 16000, WavFormat::kInt16);
  writer.write(
      std::vector<float>{0.6F / 32768, -0.6F / 32768, 2, -2, std::numeric_limits<float>::quiet_NaN()});
  writer.commit(folder / "x.wav");
  DecodeOptions all;
  all.min_duration_s = 0;
  const float step = 1.0F / 32768;
  EXPECT_EQ(decode_file(folder / "x.wav", all), (std::vector<float>{step, -step, 1 - step, -1, 0}));
}

TEST(WavWriter, WithoutCommitNothingIsLeft) {
  const testing::Folder folder;
  {
    WavWriter writer(folder.path(), 16000, WavFormat::kInt16);
    writer.write(testing::tone(440, 16000, 1000));
  }
  EXPECT_EQ(folder.file_count(), 0u);
}

}  // namespace
}  // namespace pupil::audio
