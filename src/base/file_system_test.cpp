// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <fstream>
#include <string>

#include "base/error.h"
#include "base/temp_file.h"
#include "base/test_folder.h"

namespace pupil {
namespace {

namespace fs = std::filesystem;

template <typename Work>
std::string error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(FileSystem, MakesFoldersOnce) {
  const TestFolder folder;
  make_folders(folder / "a/b/c");
  make_folders(folder / "a/b/c");
  make_folders("");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
}

TEST(FileSystem, NamesWhatIsInTheWay) {
  const TestFolder folder;
  std::ofstream(folder / "file") << "x";
  for (const char* in_the_way : {"file", "file/below"}) {
    const std::string path = (folder / in_the_way).string();
    EXPECT_TRUE(error_of([&] { make_folders(path); }).starts_with(path + ": cannot make this folder: "))
        << in_the_way;
  }
}

TEST(FileSystem, RenamesRemovesAndCopies) {
  const TestFolder folder;
  std::ofstream(folder / "a") << "x";
  rename_file(folder / "a", folder / "b");
  copy_whole_file(folder / "b", folder / "c");
  remove_file(folder / "b");
  remove_file(folder / "b");
  EXPECT_FALSE(fs::exists(folder / "b"));
  EXPECT_EQ(fs::file_size(folder / "c"), 1U);
}

TEST(FileSystem, ListsAFolderByName) {
  const TestFolder folder;
  for (const char* name : {"b", "a", ".hidden"}) write_whole(folder / name, "x");
  fs::create_directories(folder / "c/below");
  const std::vector<fs::path> wanted = {folder / ".hidden", folder / "a", folder / "b", folder / "c"};
  EXPECT_EQ(folder_entries(folder.path()), wanted);
  std::error_code failure = std::make_error_code(std::errc::io_error);
  EXPECT_EQ(folder_entries(folder.path(), &failure), wanted);
  EXPECT_FALSE(failure);
}

TEST(FileSystem, SaysWhyAFolderCannotBeListed) {
  const TestFolder folder;
  std::error_code failure;
  EXPECT_TRUE(folder_entries(folder / "none", &failure).empty());
  EXPECT_EQ(failure, std::errc::no_such_file_or_directory);
  EXPECT_NE(error_of([&] { folder_entries(folder / "none"); }).find("cannot be listed: No such file"),
            std::string::npos);
}

TEST(FileSystem, ErrorsAreErrors) {
  const TestFolder folder;
  fs::create_directories(folder / "full/x");
  EXPECT_NE(
      error_of([&] { rename_file(folder / "none", folder / "b"); }).find("cannot put the file in place"),
      std::string::npos);
  EXPECT_NE(error_of([&] { remove_file(folder / "full"); }).find("cannot be removed"), std::string::npos);
  EXPECT_NE(error_of([&] { copy_whole_file(folder / "none", folder / "b"); }).find("cannot be copied"),
            std::string::npos);
}

TEST(FileSystem, ARefusalOfTheDiskIsADiskError) {
  const TestFolder folder;
  fs::create_directories(folder / "disk");
  if (::mount("none", (folder / "disk").c_str(), "tmpfs", 0, "size=4k,nr_inodes=2") != 0)
    GTEST_SKIP() << "a small disk cannot be mounted here";
  EXPECT_NO_THROW(make_folders(folder / "disk/a"));
  EXPECT_THROW(make_folders(folder / "disk/b"), DiskError);
  ::umount((folder / "disk").c_str());
}

}  // namespace
}  // namespace pupil
