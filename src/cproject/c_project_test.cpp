// SPDX-License-Identifier: Apache-2.0
#include "cproject/c_project.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "base/error.h"
#include "base/temp_file.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "model/model_file_test.h"
#include "pupil/edge/stream.h"

namespace pupil::cproject {
namespace {

std::map<std::string, std::string> files_of(const edge::LoadedModel& model) {
  std::map<std::string, std::string> files;
  for (const ProjectFile& file : c_project(model.model, "yard", 100)) files[file.path] = file.text;
  return files;
}

int run(const std::string& command) {
  return std::system((command + " > /dev/null").c_str());
}

bool found(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CProject, SameModelSameBytes) {
  const edge::LoadedModel model("micro");
  EXPECT_EQ(files_of(model), files_of(model));
}

TEST(CProject, HoldsTheLibraryAndNothingOfOtherMachines) {
  const auto files = files_of(edge::LoadedModel("micro"));
  EXPECT_TRUE(files.contains("edge/include/pupil/edge/pupil.h"));
  EXPECT_TRUE(files.contains("edge/kernels/arm_dsp.cpp"));
  EXPECT_FALSE(files.contains("edge/kernels/avx2.cpp"));
  EXPECT_FALSE(files.contains("edge/kernels/equality_test.h"));
  EXPECT_TRUE(found(files.at("README.md"), "# yard\n"));
}

TEST(CProject, StatesTheMemoryOfAStreamHere) {
  const edge::LoadedModel model("tiny");
  const auto needed =
      edge::Streamer::state_bytes(model.model, {.hop_ms = 100, .kernels = edge::KernelSet::reference});
  const StreamBytes bytes = stream_bytes(model.model, 100);
  EXPECT_GE(bytes.reference, static_cast<std::int64_t>(needed));
  EXPECT_LE(bytes.reference, static_cast<std::int64_t>(needed) + 1024);
  EXPECT_GT(bytes.arm_dsp, bytes.reference);
  EXPECT_GT(bytes.arm_mve, bytes.arm_dsp);
}

TEST(CProject, RefusesAHopThatIsNone) {
  const edge::LoadedModel model("micro");
  EXPECT_THROW(c_project(model.model, "yard", 0), Error);
}

TEST(CProject, LeavesAFolderWithOtherFilesAlone) {
  const TestFolder folder;
  const edge::LoadedModel model("micro");
  write_whole(folder / "Makefile", std::string_view("all:"));
  EXPECT_THROW(write_c_project(model.model, "yard", 100, folder.path()), Error);
  EXPECT_EQ(file_bytes(folder / "Makefile").size(), 4U);
  EXPECT_THROW(write_c_project(model.model, "yard", 100, folder / "Makefile"), Error);
  write_c_project(model.model, "yard", 100, folder / "new");
  write_c_project(model.model, "yard", 80, folder / "new");
}

TEST(CProject, BuildsAndPassesItsSelfTest) {
  if (run("make --version") != 0) GTEST_SKIP() << "make is not installed";
  const TestFolder folder;
  const edge::LoadedModel model("micro");
  write_c_project(model.model, "yard", 100, folder / "yard");
  const std::string at = (folder / "yard").string();
  ASSERT_EQ(run("make -j2 OPTIMISE=-O1 WARN='-Wall -Wextra -Wshadow -Werror' -C " + at), 0);
  EXPECT_EQ(run(at + "/self_test"), 0);
  EXPECT_EQ(run("head -c 100000 /dev/zero | " + at + "/listen"), 0);
  // One wrong bit in what is expected.
  std::string golden;
  for (const std::byte byte : file_bytes(folder / "yard" / "golden.c")) golden += static_cast<char>(byte);
  const std::size_t logits = golden.find("logits");
  const std::size_t digit = golden.find("U,", logits);
  ASSERT_NE(digit, std::string::npos);
  std::string wrong = golden;
  wrong[digit - 1] = static_cast<char>(wrong[digit - 1] == '0' ? '1' : '0');
  write_whole(folder / "yard" / "golden.c", wrong);
  ASSERT_EQ(run("make -C " + at + " self_test"), 0);
  EXPECT_NE(run(at + "/self_test"), 0);
}

}  // namespace
}  // namespace pupil::cproject
