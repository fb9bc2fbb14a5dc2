// SPDX-License-Identifier: Apache-2.0
// Files as found in the wild: each ends as their index says, which is what the ffmpeg program made of it.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "audio/decoder.h"
#include "audio/testing.h"
#include "base/error.h"

namespace pupil::audio {
namespace {

struct Wild {
  std::filesystem::path path;
  std::int64_t sample_count = 0;  // At 16 kHz; 0: ffmpeg failed or gave nothing.
};

// The last field of each line is the count; fields before it may be quoted, the file's name is not.
std::vector<Wild> read_index(const std::filesystem::path& folder) {
  std::vector<Wild> all;
  std::ifstream index(folder / "index.csv");
  std::string line;
  std::getline(index, line);
  while (std::getline(index, line)) {
    all.push_back({folder / line.substr(0, line.find(',')), std::stoll(line.substr(line.rfind(',') + 1))});
  }
  return all;
}

TEST(DecoderFormats, EveryFileEndsAsTheIndexSays) {
  const std::filesystem::path folder = std::filesystem::path(PUPIL_SHARED_DIR) / "data/formats";
  const std::vector<Wild> all = read_index(folder);
  if (all.empty()) GTEST_SKIP() << "no reference files in " << folder;
  DecodeOptions options;
  options.sample_rate_hz = 16000;
  for (const Wild& wild : all) {
    std::int64_t count = 0;
    std::string reason = "samples";
    try {
      count = static_cast<std::int64_t>(decode_file(wild.path, options).size());
    } catch (const Error& error) {
      reason = error.what();
    }
    const double tolerance = 0.005 * static_cast<double>(wild.sample_count);
    EXPECT_NEAR(static_cast<double>(count), static_cast<double>(wild.sample_count), tolerance)
        << wild.path.filename() << ": " << reason;
    std::printf("%-60.60s %8lld of %8lld  %s\n", wild.path.filename().c_str(), static_cast<long long>(count),
                static_cast<long long>(wild.sample_count), reason.c_str());
  }
}

// A file in memory has no name to be guessed by; the same samples all the same.
TEST(DecoderFormats, MemoryGivesWhatTheFileGives) {
  const std::filesystem::path folder = std::filesystem::path(PUPIL_SHARED_DIR) / "data/formats";
  const std::vector<Wild> all = read_index(folder);
  if (all.empty()) GTEST_SKIP() << "no reference files in " << folder;
  for (const Wild& wild : all) {
    if (wild.sample_count == 0) continue;
    const std::vector<float> expected = decode_file(wild.path);
    const std::vector<std::byte> bytes = testing::file_bytes(wild.path);
    Decoder decoder{std::span<const std::byte>(bytes)};
    std::vector<float> got(expected.size() + 1);
    got.resize(decoder.read(got));
    EXPECT_EQ(got, expected) << wild.path.filename();
  }
}

}  // namespace
}  // namespace pupil::audio
