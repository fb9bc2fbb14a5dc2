// SPDX-License-Identifier: Apache-2.0
#include "base/leftovers.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/temp_file.h"
#include "base/test_folder.h"
#include "base/text.h"

namespace pupil {
namespace {

TEST(Leftovers, OfTheDeadAreRemovedThoseOfTheLivingStay) {
  const TestFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const TempFile file(folder.path());
    ::_exit(0);  // as killed: no destructor runs
  }
  ::waitpid(child, nullptr, 0);
  const TempFile living(folder.path());
  write_whole(folder / "result", "x");
  ASSERT_EQ(folder.file_count(), 3U);
  remove_temporary_files(folder.path());
  EXPECT_EQ(folder.file_count(), 2U);
  EXPECT_TRUE(std::filesystem::exists(living.path()));
  EXPECT_NO_THROW(remove_temporary_files(folder / "none"));
}

}  // namespace
}  // namespace pupil
