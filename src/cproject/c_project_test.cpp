// SPDX-License-Identifier: Apache-2.0
#include "cproject/c_project.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/temp_file.h"
#include "base/test_folder.h"
#include "base/text.h"
#include "model/model_file_test.h"
#include "pupil/edge/events.h"
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

TEST(CProject, EsphomeKnowsTheClassesThatAreReported) {
  const edge::LoadedModel model("micro");
  const auto files = files_of(model);
  const std::string& python = files.at("esphome/components/pupil/model.py");
  const std::string& yaml = files.at("esphome/example.yaml");
  for (std::int32_t k = 0; k < model.model.class_count(); ++k) {
    const std::string label = concat("\"", model.model.label(k), "\"");
    const bool reported = k < edge::reported_class_count(model.model);
    EXPECT_EQ(found(python, label), reported);
    EXPECT_EQ(found(yaml, concat("class: ", label, "\n")), reported);
  }
  EXPECT_TRUE(found(python, "SAMPLE_RATE_HZ = 16000\n"));
  EXPECT_TRUE(found(yaml, "sample_rate: 16000\n"));
  for (const char* file : {"esphome/example.yaml", "README.md"})
    EXPECT_EQ(files.at(file).find('@'), std::string::npos) << file;
}

// A project that was built once.
class BuiltProject : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TestFolder>();
    write_c_project(edge::LoadedModel("micro").model, "yard", 100, *folder_ / "yard");
    at_ = (*folder_ / "yard").string();
    can_make_ = run("make --version") == 0;
    if (!can_make_) return;
    ASSERT_EQ(run("make -j2 OPTIMISE=-O1 WARN='-Wall -Wextra -Wshadow -Werror' -C " + at_), 0);
  }
  static void TearDownTestSuite() { folder_.reset(); }
  void SetUp() override {
    if (!can_make_) GTEST_SKIP() << "make is not installed";
  }

  static inline std::unique_ptr<TestFolder> folder_;
  static inline std::string at_;
  static inline bool can_make_ = false;
};

TEST_F(BuiltProject, PassesItsSelfTest) {
  EXPECT_EQ(run(at_ + "/self_test"), 0);
  EXPECT_EQ(run("head -c 100000 /dev/zero | " + at_ + "/listen"), 0);
  // One wrong bit in what is expected.
  std::string golden;
  for (const std::byte byte : file_bytes(*folder_ / "yard" / "golden.c")) golden += static_cast<char>(byte);
  const std::size_t logits = golden.find("logits");
  const std::size_t digit = golden.find("U,", logits);
  ASSERT_NE(digit, std::string::npos);
  std::string wrong = golden;
  wrong[digit - 1] = static_cast<char>(wrong[digit - 1] == '0' ? '1' : '0');
  write_whole(*folder_ / "yard" / "golden.c", wrong);
  ASSERT_EQ(run("make -C " + at_ + " self_test"), 0);
  EXPECT_NE(run(at_ + "/self_test"), 0);
}

// With stand-ins for ESPHome and FreeRTOS; its Python is compiled alone.
TEST_F(BuiltProject, ComponentOfEsphomeSwitchesItsSensors) {
  const std::string component = at_ + "/esphome/components/pupil";
  ASSERT_EQ(run("c++ -std=c++20 -O1 -Wall -Wextra -Werror -pthread -I" PUPIL_SOURCE_DIR "/tests/esphome -I" +
                at_ + "/edge/include -I" + at_ + "/esphome/include -I" + component + " -o " + at_ +
                "/listener " + component +
                "/listener.cpp " PUPIL_SOURCE_DIR "/tests/esphome/listener_main.cpp " + at_ + "/libpupil.a"),
            0);
  EXPECT_EQ(run(at_ + "/listener 0"), 0);
  EXPECT_EQ(run(at_ + "/listener 2"), 0);
  if (run("python3 --version") == 0) {
    EXPECT_EQ(run("python3 -m py_compile " + component + "/*.py"), 0);
  }
}

// As ESP-IDF includes it, which brings idf_component_register() and forbids project() in its first pass.
TEST_F(BuiltProject, FolderIsAComponentOfEspIdf) {
  if (run("cmake --version") != 0) GTEST_SKIP() << "cmake is not installed";
  write_whole(*folder_ / "first_pass.cmake",
              std::string_view(
                  "set(ESP_PLATFORM 1)\n"
                  "macro(idf_component_register)\n"
                  "  cmake_parse_arguments(got \"\" \"\" \"SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS\" ${ARGN})\n"
                  "  foreach(path IN LISTS got_SRCS got_INCLUDE_DIRS got_PRIV_INCLUDE_DIRS)\n"
                  "    if(NOT EXISTS \"${CMAKE_CURRENT_LIST_DIR}/${path}\")\n"
                  "      message(FATAL_ERROR \"no ${path}\")\n"
                  "    endif()\n"
                  "  endforeach()\n"
                  "  set(registered 1)\n"
                  "  return()\n"
                  "endmacro()\n"
                  "include(yard/CMakeLists.txt)\n"
                  "if(NOT registered)\n"
                  "  message(FATAL_ERROR \"not a component\")\n"
                  "endif()\n"));
  EXPECT_EQ(run("cd " + folder_->path().string() + " && cmake -P first_pass.cmake"), 0);
}

}  // namespace
}  // namespace pupil::cproject
