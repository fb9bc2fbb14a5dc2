// SPDX-License-Identifier: Apache-2.0
#include "audio/flac_writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <limits>

#include "audio/decoder.h"
#include "audio/testing.h"
#include "base/error.h"

namespace pupil::audio {
namespace {

using testing::tone;

std::vector<float> round_trip(const std::vector<float>& samples, std::int32_t rate_hz,
                              const FlacOptions& options) {
  const testing::Folder folder;
  FlacWriter writer(folder.path(), rate_hz, options);
  writer.write(samples);
  writer.commit(folder / "x.flac");
  DecodeOptions all;
  all.min_duration_s = 0;
  return decode_file(folder / "x.flac", all);
}

TEST(FlacWriter, GivesBackWhatItWasGiven) {
  for (const std::int32_t bits : {16, 24}) {
    for (const std::size_t count : {1, 2, 4095, 4096, 4097, 50000}) {
      const std::vector<float> in = tone(440, 32000, count);
      const std::vector<float> out = round_trip(in, 32000, {bits, 5});
      ASSERT_EQ(out.size(), count);
      // Half a step, and what a float of that size cannot say.
      const float tolerance = 0.5F / static_cast<float>(1 << (bits - 1)) + 1e-8F;
      for (std::size_t i = 0; i < count; ++i) ASSERT_NEAR(out[i], in[i], tolerance) << i;
    }
  }
}

TEST(FlacWriter, ClipsAndCounts) {
  const testing::Folder folder;
  FlacWriter writer(folder.path(), 16000);
  writer.write(std::vector<float>{0, 1, -1, 1.5F, -1.5F, std::numeric_limits<float>::infinity(),
                                  std::numeric_limits<float>::quiet_NaN()});
  EXPECT_EQ(writer.clipped_count(), 3);
  EXPECT_EQ(writer.sample_count(), 7);
  writer.commit(folder / "x.flac");
  DecodeOptions all;
  all.min_duration_s = 0;
  const float top = 32767.0F / 32768;
  EXPECT_EQ(decode_file(folder / "x.flac", all), (std::vector<float>{0, top, -1, top, -1, top, 0}));
}

TEST(FlacWriter, OddRates) {
  for (const std::int32_t rate_hz : {1234, 4000, 44056, 192000}) {
    EXPECT_EQ(round_trip(tone(100, rate_hz, 1000), rate_hz, {}).size(), 1000u) << rate_hz;
  }
}

TEST(FlacWriter, SameInSameBytes) {
  const testing::Folder folder;
  for (const char* name : {"a", "b"}) {
    FlacWriter writer(folder.path(), 32000);
    writer.write(tone(440, 32000, 10000));
    writer.commit(folder / name);
  }
  EXPECT_EQ(testing::file_bytes(folder / "a"), testing::file_bytes(folder / "b"));
}

TEST(FlacWriter, CloseGivesTheCompleteFile) {
  const testing::Folder folder;
  FlacWriter writer(folder.path(), 32000);
  writer.write(tone(440, 32000, 10000));
  const std::vector<std::byte> closed = testing::file_bytes(writer.close());
  writer.commit(folder / "x.flac");
  EXPECT_EQ(closed, testing::file_bytes(folder / "x.flac"));
  EXPECT_EQ(folder.file_count(), 1u);
}

TEST(FlacWriter, WithoutCommitNothingIsLeft) {
  const testing::Folder folder;
  {
    FlacWriter writer(folder.path(), 32000);
    writer.write(tone(440, 32000, 10000));
  }
  EXPECT_EQ(folder.file_count(), 0u);
}

// A limit on the size of files stands for the full disk: write() fails in the same place.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  rlimit before_{};
};

std::vector<float> noise(std::size_t count) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i) samples[i] = std::sin(static_cast<float>(i * i % 10007));
  return samples;
}

TEST(FlacWriter, FullDiskIsAnErrorAndLeavesTheOldFile) {
  const testing::Folder folder;
  std::ofstream(folder / "x.flac") << "old";
  // In the head; in the only block, which close() writes; midway.
  for (const auto& [limit_bytes, count] :
       {std::pair<rlim_t, std::size_t>{10, 1000}, {1000, 1000}, {20000, 100000}}) {
    const auto write = [&] {
      const SizeLimit limit(limit_bytes);
      FlacWriter writer(folder.path(), 32000);
      writer.write(noise(count));
      writer.commit(folder / "x.flac");
    };
    EXPECT_THROW(write(), DiskError) << limit_bytes;
    EXPECT_EQ(testing::file_bytes(folder / "x.flac").size(), 3u);
    EXPECT_EQ(folder.file_count(), 1u);
  }
}

TEST(FlacWriter, RefusesWhatFlacCannotHold) {
  const testing::Folder folder;
  EXPECT_THROW(FlacWriter(folder.path(), 0), Error);
  EXPECT_THROW(FlacWriter(folder.path(), 2000000), Error);
  EXPECT_THROW(FlacWriter(folder.path(), 32000, {12, 5}), Error);
  EXPECT_THROW(FlacWriter(folder.path(), 32000, {16, 9}), Error);
  EXPECT_EQ(folder.file_count(), 0u);
}

}  // namespace
}  // namespace pupil::audio
