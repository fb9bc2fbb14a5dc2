// SPDX-License-Identifier: Apache-2.0
#include "base/read_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil {
namespace {

std::string error_of(const std::filesystem::path& path) {
  try {
    read_text(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ReadFile, GivesEveryByte) {
  const TestFolder folder;
  std::string text(40'000, 'x');  // several blocks
  text[17] = '\0';
  text[20'000] = '\r';
  std::ofstream(folder / "file", std::ios::binary) << text;
  EXPECT_EQ(read_text(folder / "file"), text);
  EXPECT_EQ(read_bytes(folder / "file").size(), text.size());
  std::ofstream(folder / "empty").flush();
  EXPECT_EQ(read_text(folder / "empty"), "");
  EXPECT_FALSE(read_text("/proc/self/stat").empty()) << "its size is said to be 0";
}

TEST(ReadFile, NamesWhatCannotBeRead) {
  const TestFolder folder;
  EXPECT_EQ(error_of(folder / "none"), (folder / "none").string() + ": No such file or directory");
  EXPECT_EQ(error_of(folder.path()), folder.path().string() + ": cannot be read: Is a directory");
}

}  // namespace
}  // namespace pupil
