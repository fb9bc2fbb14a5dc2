// SPDX-License-Identifier: Apache-2.0
#include "corpus/folder_listing.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "base/error.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

using Paths = std::vector<std::string>;

bool says(const std::vector<std::string>& warnings, std::string_view text) {
  return std::any_of(warnings.begin(), warnings.end(),
                     [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
}

TEST(FolderListing, EndsAtLinksBackIntoTheFolder) {
  const TestFolder folder;
  folder.write("dog/a.wav", "x");
  folder.write("rain/b.wav", "x");
  std::filesystem::create_symlink("..", folder / "dog/music");
  std::filesystem::create_symlink("../rain", folder / "dog/aaa");  // sorts before the folder's own name
  std::filesystem::create_symlink("../dog", folder / "rain/dog");
  const FolderListing listing = list_folder(folder.path());
  EXPECT_EQ(listing.paths, (Paths{"dog/a.wav", "rain/b.wav"}));
  ASSERT_EQ(listing.warnings.size(), 1u);
  EXPECT_TRUE(says(listing.warnings, "3 entries passed over: a link to a folder that is read already"));
}

TEST(FolderListing, FollowsLinksOutOfTheFolder) {
  const TestFolder folder;
  const TestFolder other;
  other.write("a.wav", "x");
  std::filesystem::create_directory_symlink(other.path(), folder / "bark");
  std::filesystem::create_symlink(other / "a.wav", folder / "one.wav");
  EXPECT_EQ(list_folder(folder.path()).paths, (Paths{"bark/a.wav", "one.wav"}));
}

TEST(FolderListing, PassesOverWhatIsNoFile) {
  const TestFolder folder;
  folder.write("a.wav", "x");
  std::filesystem::create_symlink("loop", folder / "loop");
  std::filesystem::create_symlink("nowhere.wav", folder / "dangling.wav");
  std::filesystem::create_symlink("/dev/zero", folder / "zero.wav");
  ASSERT_EQ(mkfifo((folder / "stream.wav").c_str(), 0644), 0);
  const int plug = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (folder / "plug.wav").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(plug, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const FolderListing listing = list_folder(folder.path());
  close(plug);
  EXPECT_EQ(listing.paths, (Paths{"a.wav"}));
  for (const char* kind :
       {"2 entries passed over: a link that leads nowhere", "a named pipe, not a file (stream.wav)",
        "a socket, not a file (plug.wav)", "a device, not a file (zero.wav)"})
    EXPECT_TRUE(says(listing.warnings, kind)) << kind;
}

TEST(FolderListing, PassesOverAFolderThatCannotBeListed) {
  if (geteuid() == 0) GTEST_SKIP() << "root may list every folder";
  const TestFolder folder;
  folder.write("a.wav", "x");
  folder.write("locked/b.wav", "x");
  std::filesystem::permissions(folder / "locked", std::filesystem::perms::none);
  const FolderListing listing = list_folder(folder.path());
  std::filesystem::permissions(folder / "locked", std::filesystem::perms::owner_all);
  EXPECT_EQ(listing.paths, (Paths{"a.wav"}));
  EXPECT_TRUE(says(listing.warnings, "cannot be listed"));
}

TEST(FolderListing, SaysWhyAFileCannotBeTried) {
  const TestFolder folder;
  EXPECT_EQ(file_problem(folder.write("a.wav", "x")), std::nullopt);
  EXPECT_EQ(file_problem(folder.path()), "a folder, not a file");
  EXPECT_EQ(file_problem("/dev/null"), "a device, not a file");
  EXPECT_EQ(file_problem(folder / "none"), "No such file or directory");
  EXPECT_THROW(list_folder(folder / "none"), Error);
}

}  // namespace
}  // namespace pupil::corpus
