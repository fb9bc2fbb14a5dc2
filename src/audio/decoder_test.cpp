// SPDX-License-Identifier: Apache-2.0
#include "audio/decoder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#include "audio/flac_writer.h"
#include "audio/resampler.h"
#include "audio/testing.h"
#include "base/error.h"

namespace pupil::audio {
namespace {

using testing::tone;
using testing::wav_bytes;

std::vector<float> read_all(Decoder& decoder, std::size_t piece = 1000) {
  std::vector<float> all, some(piece);
  for (std::size_t count = piece; count == piece;) {
    count = decoder.read(some);
    all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return all;
}

std::string error_of(std::span<const std::byte> bytes, const DecodeOptions& options = {}) {
  try {
    Decoder decoder(bytes, options);
    return "none";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(Decoder, FloatsFromMemoryComeBackAsTheyAre) {
  const std::vector<float> in = tone(440, 16000, 5000);
  const std::vector<std::byte> bytes = wav_bytes(3, 1, 16000, in);
  Decoder decoder(bytes);
  EXPECT_EQ(decoder.info().sample_rate_hz, 16000);
  EXPECT_EQ(decoder.info().channel_count, 1);
  EXPECT_EQ(decoder.info().container, "wav");
  EXPECT_EQ(decoder.info().codec, "pcm_f32le");
  EXPECT_NEAR(decoder.info().duration_s, 5000.0 / 16000, 1e-9);
  EXPECT_EQ(read_all(decoder), in);
}

TEST(Decoder, PiecesOfAnySizeGiveTheWhole) {
  const std::vector<std::byte> bytes = wav_bytes(3, 1, 44100, tone(440, 44100, 44100));
  DecodeOptions options;
  options.sample_rate_hz = 16000;
  Decoder whole(bytes, options);
  const std::vector<float> expected = read_all(whole, 100000);
  EXPECT_EQ(expected.size(), 16000u);
  for (const std::size_t piece : {1, 7, 4096}) {
    Decoder decoder(bytes, options);
    EXPECT_EQ(read_all(decoder, piece), expected) << piece;
  }
}

TEST(Decoder, AfterTheEndNothing) {
  const std::vector<std::byte> bytes = wav_bytes(3, 1, 16000, tone(440, 16000, 1000));
  Decoder decoder(bytes);
  EXPECT_EQ(read_all(decoder).size(), 1000u);
  std::vector<float> some(10);
  EXPECT_EQ(decoder.read(some), 0u);
  EXPECT_EQ(decoder.read(some), 0u);
}

std::vector<float> decode_bytes(const std::vector<std::byte>& bytes) {
  DecodeOptions all;
  all.min_duration_s = 0;
  Decoder decoder(bytes, all);
  return read_all(decoder);
}

TEST(Decoder, EveryWidthIsFullScaleOne) {
  constexpr std::int32_t kLowest = std::numeric_limits<std::int32_t>::min();
  const std::vector<float> expected{-1, 0, 0.5F};
  EXPECT_EQ(decode_bytes(wav_bytes<std::uint8_t>(1, 1, 8000, {0, 128, 192})), expected);
  EXPECT_EQ(decode_bytes(wav_bytes<std::int16_t>(1, 1, 8000, {-32768, 0, 16384})), expected);
  EXPECT_EQ(decode_bytes(wav_bytes<std::int32_t>(1, 1, 8000, {kLowest, 0, 1 << 30})), expected);
  EXPECT_EQ(decode_bytes(wav_bytes<double>(3, 1, 8000, {-1, 0, 0.5})), expected);
}

TEST(Decoder, MeanOrOneChannel) {
  const std::vector<std::byte> bytes =
      wav_bytes<float>(3, 3, 8000, {0.25F, 0.5F, 0.75F, -0.25F, 0.5F, -1.0F});
  DecodeOptions options;
  options.min_duration_s = 0;
  Decoder mean(bytes, options);
  EXPECT_EQ(mean.info().channel_count, 3);
  const std::vector<float> mixed = read_all(mean);
  ASSERT_EQ(mixed.size(), 2u);
  EXPECT_NEAR(mixed[0], 0.5F, 1e-6F);
  EXPECT_NEAR(mixed[1], -0.25F, 1e-6F);
  options.channel = 2;
  Decoder last(bytes, options);
  EXPECT_EQ(read_all(last), (std::vector<float>{0.75F, -1.0F}));
  options.channel = 3;
  EXPECT_EQ(error_of(bytes, options), "no channel 3 (the source has 3, counted from 0)");
}

TEST(Decoder, NoNumbersBecomeZeroAndAreCounted) {
  std::vector<float> in = tone(440, 16000, 1000);
  in[10] = std::numeric_limits<float>::quiet_NaN();
  in[20] = std::numeric_limits<float>::infinity();
  in[30] = -1e30F;
  const std::vector<std::byte> bytes = wav_bytes(3, 1, 16000, in);
  Decoder decoder(bytes);
  const std::vector<float> out = read_all(decoder);
  for (const std::size_t i : {10, 20, 30}) in[i] = 0;
  EXPECT_EQ(out, in);
  EXPECT_EQ(decoder.damage().bad_sample_count, 3);
  EXPECT_EQ(decoder.damage().lost_packet_count, 0);
}

TEST(Decoder, SaysWhatIsWrong) {
  EXPECT_EQ(error_of({}), "no audio stream (file is 0 bytes)");
  const std::string text = "Nobody would take this for a recording, however long it were.\n";
  EXPECT_EQ(error_of(std::as_bytes(std::span(text))),
            "not a kind of audio file that FFmpeg knows (Invalid data found when processing input)");
  EXPECT_EQ(error_of(wav_bytes<float>(3, 1, 16000, {})), "no samples could be decoded (pcm_f32le in wav)");
  EXPECT_EQ(error_of(wav_bytes<std::int16_t>(1, 1, 44100, {1, 2, 3, 4})),
            "too short: 4 samples at 44100 Hz are 0.0907 ms, at least 10 are wanted");
  EXPECT_EQ(error_of(wav_bytes<std::int16_t>(1, 100, 44100, std::vector<std::int16_t>(100000))),
            "has 100 channels, at most 64 are read");
  EXPECT_EQ(error_of(wav_bytes<std::int16_t>(1, 1, 4'000'000, std::vector<std::int16_t>(100000))),
            "sample rate is 4000000 Hz, not within 100 to 768000");
  DecodeOptions options;
  options.sample_rate_hz = 5;
  EXPECT_EQ(error_of(wav_bytes(3, 1, 16000, tone(440, 16000, 1000)), options),
            "cannot decode to 5 Hz (100 to 768000)");
}

TEST(Decoder, PlaylistsOpenNothing) {
  const testing::Folder folder;
  FlacWriter writer(folder.path(), 16000);
  writer.write(tone(440, 16000, 16000));
  writer.commit(folder / "secret.flac");
  std::ofstream(folder / "list.m3u8")
      << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.flac\n#EXT-X-ENDLIST\n";
  EXPECT_THROW(decode_file(folder / "list.m3u8"), Error);
  std::ofstream(folder / "list.ffconcat") << "ffconcat version 1.0\nfile 'secret.flac'\n";
  try {
    decode_file(folder / "list.ffconcat");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(),
              (folder / "list.ffconcat").string() + ": no audio but a list of other files (concat)");
  }
}

TEST(Decoder, FilesThatCannotBeOpened) {
  const testing::Folder folder;
  EXPECT_THROW(decode_file(folder / "absent.wav"), Error);
  try {
    decode_file(folder.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), folder.path().string() + ": is a folder, not an audio file");
  }
}

TEST(Decoder, ATruncatedFileKeepsItsBeginning) {
  const testing::Folder folder;
  FlacWriter writer(folder.path(), 16000);
  writer.write(tone(440, 16000, 160000));
  writer.commit(folder / "whole.flac");
  std::vector<std::byte> bytes = testing::file_bytes(folder / "whole.flac");
  bytes.resize(bytes.size() / 2);
  Decoder decoder(bytes);
  const std::vector<float> out = read_all(decoder);
  EXPECT_GT(out.size(), 60000u);
  EXPECT_LT(out.size(), 90000u);
}

TEST(Decoder, ADamagedStretchIsLeftOutAndCounted) {
  const testing::Folder folder;
  FlacWriter writer(folder.path(), 16000);
  writer.write(tone(440, 16000, 160000));
  writer.commit(folder / "whole.flac");
  std::vector<std::byte> bytes = testing::file_bytes(folder / "whole.flac");
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 3000; ++i) bytes[i] = std::byte{0x55};
  Decoder decoder(bytes);
  const std::vector<float> out = read_all(decoder);
  EXPECT_GT(out.size(), 120000u);
  EXPECT_GT(decoder.damage().lost_packet_count, 0);
}

TEST(Decoder, ManyAtOnceGiveTheSame) {
  const std::vector<std::byte> bytes = wav_bytes(3, 1, 44100, tone(440, 44100, 44100));
  DecodeOptions options;
  options.sample_rate_hz = 16000;
  std::vector<std::vector<float>> results(4);
  {
    std::vector<std::jthread> threads;
    for (std::vector<float>& result : results) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) {
          Decoder decoder(bytes, options);
          result = read_all(decoder);
        }
      });
    }
  }
  EXPECT_EQ(results[0].size(), 16000u);
  for (const std::vector<float>& result : results) EXPECT_EQ(result, results[0]);
}

std::int64_t resident_bytes() {
  std::int64_t all_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> all_pages >> resident_pages;
  return resident_pages * ::sysconf(_SC_PAGESIZE);
}

// 20 minutes are 38 MB as 16 bits and 77 MB as floats; streamed, the process stays as it was after the first
// samples.
TEST(Decoder, MemoryDoesNotGrowWithLength) {
  const testing::Folder folder;
  constexpr std::int32_t kRateHz = 16000;
  {
    FlacWriter writer(folder.path(), kRateHz, {16, 0});
    const std::vector<float> second = tone(440, kRateHz, kRateHz);
    for (int i = 0; i < 20 * 60; ++i) writer.write(second);
    writer.commit(folder / "long.flac");
  }
  DecodeOptions options;
  options.sample_rate_hz = 8000;
  std::vector<float> some(8000);
  Decoder decoder(folder / "long.flac", options);
  decoder.read(some);
  const std::int64_t before_bytes = resident_bytes();
  std::int64_t growth_bytes = 0;
  std::size_t total = some.size();
  for (std::size_t count = 1; count > 0; total += count) {
    count = decoder.read(some);
    growth_bytes = std::max(growth_bytes, resident_bytes() - before_bytes);
  }
  EXPECT_EQ(total, 20u * 60 * 8000);
#if !defined(__SANITIZE_ADDRESS__)  // It holds back freed memory on purpose.
  EXPECT_LT(growth_bytes, 4 << 20);
#endif
}

}  // namespace
}  // namespace pupil::audio
