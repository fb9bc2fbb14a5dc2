// SPDX-License-Identifier: Apache-2.0
#include "audio/byte_source.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <vector>

#include "audio/testing.h"
#include "base/error.h"

namespace pupil::audio {
namespace {

std::string read(const FfmpegBytes& view, std::int32_t capacity) {
  std::vector<std::uint8_t> buffer(static_cast<std::size_t>(capacity));
  const std::int32_t count = view.read(view.owner, buffer.data(), capacity);
  return count < 0 ? "failed" : std::string(buffer.begin(), buffer.begin() + count);
}

void expect_reads_and_seeks(const FfmpegBytes& view) {
  EXPECT_EQ(view.size_bytes, 6);
  EXPECT_EQ(read(view, 4), "abcd");
  EXPECT_EQ(read(view, 4), "ef");
  EXPECT_EQ(read(view, 4), "");
  EXPECT_EQ(view.seek(view.owner, 2), 2);
  EXPECT_EQ(read(view, 2), "cd");
  EXPECT_EQ(view.seek(view.owner, 100), 100);
  EXPECT_EQ(read(view, 2), "");
  EXPECT_EQ(view.seek(view.owner, -1), -1);
}

TEST(ByteSource, FileAndMemoryBehaveAlike) {
  const testing::Folder folder;
  std::ofstream(folder / "six.txt") << "abcdef";
  ByteSource file(folder / "six.txt");
  EXPECT_STREQ(file.view().name, "six.txt");
  expect_reads_and_seeks(file.view());
  const std::string text = "abcdef";
  ByteSource memory(std::as_bytes(std::span(text)));
  EXPECT_STREQ(memory.view().name, "");
  expect_reads_and_seeks(memory.view());
}

TEST(ByteSource, ReadingInCirclesEnds) {
  const std::vector<std::byte> bytes(1 << 16);
  ByteSource source(bytes);
  const FfmpegBytes view = source.view();
  std::vector<std::uint8_t> buffer(bytes.size());
  int rounds = 0;
  while (rounds < 10000 && view.read(view.owner, buffer.data(), 1 << 16) > 0) {
    view.seek(view.owner, 0);
    ++rounds;
  }
  // 64 MB and 256 times the size.
  EXPECT_EQ(rounds, 1024 + 256);
  EXPECT_EQ(source.read_errno(), 0);
}

TEST(ByteSource, OnlyTheMachinesFailureIsADiskError) {
  const testing::Folder folder;
  std::ofstream(folder / "a.wav") << "RIFF";
  try {
    const ByteSource missing(folder / "b.wav");
    ADD_FAILURE();
  } catch (const DiskError&) {
    ADD_FAILURE() << "a missing file is the file's own affair";
  } catch (const Error&) {
  }
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  EXPECT_THROW(ByteSource(folder / "a.wav"), DiskError);
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace pupil::audio
