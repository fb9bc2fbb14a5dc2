// SPDX-License-Identifier: Apache-2.0
#include "output_paths.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/temp_file.h"
#include "base/test_folder.h"

namespace pupil::cli {
namespace {

namespace fs = std::filesystem;

class OutputPaths : public ::testing::Test {
 protected:
  OutputPaths() { write_whole(folder_ / "in.wav", "sound"); }

  void check(const fs::path& output, const fs::path& second = {}) const {
    const std::vector<NamedPath> outputs = {{"OUT", output}, {"--report", second}};
    const std::vector<NamedPath> inputs = {{"IN", folder_ / "in.wav"}, {"--condition", ""}};
    check_outputs(outputs, inputs);
  }

  TestFolder folder_;
};

TEST_F(OutputPaths, OtherFilesAreFine) {
  write_whole(folder_ / "old.wav", "sound");
  EXPECT_NO_THROW(check(folder_ / "old.wav", folder_ / "new.html"));
}

TEST_F(OutputPaths, TheInputIsRefusedUnderAnyName) {
  fs::create_symlink("in.wav", folder_ / "link.wav");
  fs::create_hard_link(folder_ / "in.wav", folder_ / "hard.wav");
  fs::create_directory(folder_ / "sub");
  for (const char* name : {"in.wav", "link.wav", "hard.wav", "sub/../in.wav"}) {
    EXPECT_THROW(check(folder_ / name), UsageError) << name;
    EXPECT_THROW(check(folder_ / "new.wav", folder_ / name), UsageError) << name;
  }
}

TEST_F(OutputPaths, TwoOutputsMustDiffer) {
  EXPECT_THROW(check(folder_ / "new.wav", folder_ / "." / "new.wav"), UsageError);
}

TEST_F(OutputPaths, DevicesAndFoldersAreNotReplaced) {
  EXPECT_THROW(check("/dev/null"), UsageError);
  EXPECT_THROW(check(folder_.path()), UsageError);
}

TEST_F(OutputPaths, AFolderWithAnInputIsRefused) {
  const std::vector<NamedPath> inputs = {{"IN", folder_ / "in.wav"}};
  EXPECT_THROW(check_output_folder({"--audio", folder_.path()}, inputs), UsageError);
  EXPECT_NO_THROW(check_output_folder({"--audio", folder_ / "new"}, inputs));
}

}  // namespace
}  // namespace pupil::cli
