// SPDX-License-Identifier: Apache-2.0
#include "base/temp_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil {
namespace {

const std::byte kThree[] = {std::byte{1}, std::byte{2}, std::byte{3}};

TEST(TempFile, CommitPutsTheWholeFileInPlace) {
  const TestFolder folder;
  TempFile file(folder.path());
  file.write(kThree);
  file.commit(folder / "goal");
  EXPECT_EQ(file_bytes(folder / "goal").size(), 3u);
  EXPECT_EQ(folder.file_count(), 1u);
}

TEST(TempFile, WithoutCommitNothingIsLeft) {
  const TestFolder folder;
  {
    TempFile file(folder.path());
    file.write(kThree);
    file.close();
    EXPECT_EQ(folder.file_count(), 1u);
  }
  EXPECT_EQ(folder.file_count(), 0u);
}

TEST(TempFile, CommitReplaces) {
  const TestFolder folder;
  std::ofstream(folder / "goal") << "old and longer";
  TempFile file(folder.path());
  file.write(kThree);
  file.commit(folder / "goal");
  EXPECT_EQ(file_bytes(folder / "goal").size(), 3u);
}

TEST(WriteWhole, ReplacesTheFileAndLeavesNothingBeside) {
  const TestFolder folder;
  write_whole(folder / "goal", "old and longer");
  write_whole(folder / "goal", "new");
  const auto bytes = file_bytes(folder / "goal");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "new");
  EXPECT_EQ(folder.file_count(), 1u);
  EXPECT_THROW(write_whole(folder / "absent/goal", "new"), Error);
}

TEST(TempFile, FailedCommitLeavesNothing) {
  const TestFolder folder;
  {
    TempFile file(folder.path());
    EXPECT_THROW(file.commit(folder / "absent/goal"), Error);
  }
  EXPECT_EQ(folder.file_count(), 0u);
}

TEST(TempFile, ObeysTheUmask) {
  const TestFolder folder;
  const mode_t mask = ::umask(027);
  TempFile file(folder.path());
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST(TempFile, NamesTheFolderThatIsNotThere) {
  try {
    TempFile file("/nowhere/at/all");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "/nowhere/at/all: cannot make a file: No such file or directory");
  }
}

}  // namespace
}  // namespace pupil
