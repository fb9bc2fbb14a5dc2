// SPDX-License-Identifier: Apache-2.0
// Our samples against those of the ffmpeg program: the same libraries must give the same numbers.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "audio/decoder.h"
#include "audio/testing.h"
#include "audio/wav_writer.h"

namespace pupil::audio {
namespace {

struct Encoding {
  const char* name;
  const char* options;
};

// Every family of codecs and containers that recordings come in.
constexpr Encoding kEncodings[] = {
    {"a.wav", "-c:a pcm_s16le"},
    {"b.wav", "-c:a pcm_s24le"},
    {"c.aiff", ""},
    {"d.flac", ""},
    {"e.mp3", "-b:a 64k"},
    {"f.ogg", "-c:a libvorbis"},
    {"g.opus", "-b:a 32k"},
    {"h.m4a", "-c:a aac"},
    {"i.aac", ""},
    {"j.wma", ""},
    {"k.mka", "-c:a ac3"},
    {"l.caf", ""},
    {"m.au", ""},
    {"n.mp2", ""},
    {"o.webm", "-c:a libopus"},
    {"p.wv", ""},
};

void make_source(const std::filesystem::path& folder, const std::filesystem::path& path) {
  std::vector<float> samples = testing::tone(440, 48000, 72000, 0.4F);
  const std::vector<float> second = testing::tone(3000, 48000, 72000, 0.2F);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] += i > 20000 ? second[i] : 0;
  WavWriter writer(folder, 48000, WavFormat::kFloat32);
  writer.write(samples);
  writer.commit(path);
}

std::vector<float> mean_of_two(const std::vector<float>& interleaved) {
  std::vector<float> mean(interleaved.size() / 2);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    mean[i] = interleaved[2 * i] * 0.5F + interleaved[2 * i + 1] * 0.5F;
  }
  return mean;
}

TEST(DecoderPeer, TheSameSamplesAsTheProgram) {
  if (!testing::has_ffmpeg()) GTEST_SKIP() << "no ffmpeg program here to compare with";
  const testing::Folder folder;
  make_source(folder.path(), folder / "source.wav");
  int compared = 0;
  for (const Encoding& encoding : kEncodings) {
    for (const int channel_count : {1, 2}) {
      const std::filesystem::path path = folder / encoding.name;
      // The second channel is the first, quieter: a mean that is none shows.
      const std::string channels = channel_count == 1 ? "" : " -af 'pan=stereo|c0=c0|c1=0.3*c0' ";
      if (!testing::ffmpeg("-i '" + (folder / "source.wav").string() + "'" + channels + " " +
                           encoding.options + " '" + path.string() + "' 2>/dev/null")) {
        std::printf("skipped: this ffmpeg cannot write %s\n", encoding.name);
        continue;
      }
      std::vector<float> expected = testing::ffmpeg_decode(path, "-c:a pcm_f32le");
      if (channel_count == 2) expected = mean_of_two(expected);
      const std::vector<float> got = decode_file(path);
      ASSERT_EQ(got.size(), expected.size()) << encoding.name << ", channels: " << channel_count;
      float worst = 0;
      for (std::size_t i = 0; i < got.size(); ++i) worst = std::max(worst, std::abs(got[i] - expected[i]));
      // Two roundings of a float near 1.
      EXPECT_LE(worst, 2.4e-7F) << encoding.name << ", channels: " << channel_count;
      ++compared;
    }
  }
  EXPECT_GE(compared, 16);
}

// MP2 frames may simply follow each other: a second at 32 kHz, a second at 48 kHz. As in the program, the
// first frame decides on the rate of all; it resamples with other filters, so only the count can be the same.
TEST(DecoderPeer, ARateThatChangesMidway) {
  if (!testing::has_ffmpeg()) GTEST_SKIP() << "no ffmpeg program here to compare with";
  const testing::Folder folder;
  std::vector<std::byte> bytes;
  for (const std::string rate : {"32000", "48000"}) {
    const std::filesystem::path part = folder / (rate + ".mp2");
    ASSERT_TRUE(testing::ffmpeg("-f lavfi -i sine=440:duration=1 -ac 1 -b:a 64k -ar " + rate + " '" +
                                part.string() + "'"));
    const std::vector<std::byte> more = testing::file_bytes(part);
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  std::ofstream(folder / "both.mp2")
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const auto expected = static_cast<double>(testing::ffmpeg_decode(folder / "both.mp2", "").size());
  EXPECT_GT(expected, 90000);
  EXPECT_NEAR(static_cast<double>(decode_file(folder / "both.mp2").size()), expected, 0.005 * expected);
}

TEST(DecoderPeer, WildFilesToo) {
  if (!testing::has_ffmpeg()) GTEST_SKIP() << "no ffmpeg program here to compare with";
  const std::filesystem::path folder = std::filesystem::path(PUPIL_SHARED_DIR) / "data/formats";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no reference files in " << folder;
  for (const char* name :
       {"43_quodlibet_example.opus", "50_iver56_testing.m4a", "57_martinflor_1-100032-A.ogg",
        "54_gveres_006dbee7-715a-46ee-b592-1c4e7affb788-1430218353124-1.7-f-26-hu.3gp"}) {
    EXPECT_EQ(decode_file(folder / name), testing::ffmpeg_decode(folder / name, "")) << name;
  }
}

}  // namespace
}  // namespace pupil::audio
