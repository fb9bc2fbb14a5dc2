// SPDX-License-Identifier: Apache-2.0
#include "audio/ffmpeg_plugin.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "audio/testing.h"

namespace pupil::audio {
namespace {

TEST(FfmpegPlugin, IsFoundAndLoadedOnce) {
  EXPECT_EQ(&ffmpeg_api(), &ffmpeg_api());
}

// A copy of this program, where no module lies, runs the test above and must fail with our words.
TEST(FfmpegPlugin, AMissingModuleIsAnError) {
  const testing::Folder folder;
  std::filesystem::create_directory(folder / "bin");
  const std::filesystem::path copy = folder / "bin/program";
  const std::filesystem::path log = folder / "log";
  std::filesystem::copy_file("/proc/self/exe", copy);
  std::string command = copy.string();
  command.append(" --gtest_filter=FfmpegPlugin.IsFoundAndLoadedOnce >").append(log).append(" 2>&1");
  EXPECT_NE(std::system(command.c_str()), 0);
  std::ifstream file(log);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_NE(text.find("pupil-ffmpeg.so: not found beside " + (folder / "bin").string()), std::string::npos)
      << text;
}

}  // namespace
}  // namespace pupil::audio
