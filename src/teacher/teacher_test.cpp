// SPDX-License-Identifier: Apache-2.0
#include "teacher/teacher.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil::teacher {
namespace {

namespace fs = std::filesystem;

const fs::path kShared = PUPIL_SHARED_DIR;

std::vector<float> tone(std::size_t samples) {
  std::vector<float> audio(samples);
  for (std::size_t i = 0; i < samples; ++i) audio[i] = 0.3F * std::sin(0.05F * static_cast<float>(i));
  return audio;
}

const std::vector<SoundClass> kClasses = {
    {.name = "dog", .prompts = {"a dog barking", "a dog howling"}, .audioset = {"Bark", "Howl"}},
    {.name = "rain", .prompts = {"rain"}, .audioset = {"Rain"}}};

// The tiny model with the tokenizer beside it, as a user's folder has it.
class ClapTeacherTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kShared / "golden")) GTEST_SKIP() << kShared << " is absent";
    for (const char* name : {"config.json", "preprocessor_config.json", "model.safetensors"}) {
      fs::copy_file(kShared / "golden/clap_tiny/unfused" / name, folder.path() / name);
    }
    for (const char* name : {"vocab.json", "merges.txt"}) {
      fs::copy_file(kShared / "golden/tokenizer" / name, folder.path() / name);
    }
  }
  TestFolder folder;
};

TEST_F(ClapTeacherTest, HearsAndScores) {
  const auto teacher = load_teacher(folder.path(), {});
  EXPECT_EQ(teacher->kind(), "clap");
  EXPECT_EQ(teacher->sample_rate_hz(), 48000);
  const std::vector<std::vector<float>> audio = {
      tone(48000), {std::numeric_limits<float>::infinity()}, tone(9000)};
  const std::vector<AudioEmbedding> embedded = teacher->embed(audio);
  ASSERT_EQ(embedded.size(), 3u);
  EXPECT_EQ(embedded[0].embedding.size(), 32u);
  EXPECT_EQ(embedded[1].problem, "sample 0 is not finite");
  EXPECT_TRUE(embedded[1].embedding.empty());
  EXPECT_TRUE(embedded[2].problem.empty());
  EXPECT_THROW(teacher->score(embedded[0].embedding), Error);
  teacher->set_classes(kClasses);
  EXPECT_EQ(teacher->score(embedded[0].embedding).size(), 2u);
  EXPECT_EQ(teacher_kind(folder.path()), teacher->kind());
}

TEST_F(ClapTeacherTest, AnEmptyPromptNamesItsClass) {
  const auto teacher = load_teacher(folder.path(), {});
  const std::vector<SoundClass> classes = {{.name = "dog", .prompts = {" "}}};
  try {
    teacher->set_classes(classes);
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("class dog: ")) << error.what();
    EXPECT_TRUE(std::string(error.what()).ends_with("empty prompt")) << error.what();
  }
}

TEST(TaggerTeacher, HearsAndScores) {
  const fs::path weights = kShared / "weights/efficientat_mn04/mn04_as_mAP_432.pt";
  if (!fs::exists(weights)) GTEST_SKIP() << weights << " is absent";
  const auto teacher = load_teacher(weights, {});
  EXPECT_EQ(teacher->kind(), "efficientat");
  EXPECT_EQ(teacher_kind(weights), teacher->kind());
  teacher->set_classes(kClasses);
  // Two lengths, mixed: results stand where their audio stood.
  const std::vector<std::vector<float>> audio = {tone(32000), tone(16000), tone(32000), {0.5F}};
  const std::vector<AudioEmbedding> embedded = teacher->embed(audio);
  EXPECT_EQ(embedded[0].embedding.size(), 911u);
  EXPECT_EQ(embedded[0].embedding, embedded[2].embedding);
  EXPECT_NE(embedded[0].embedding, embedded[1].embedding);
  // To the bit what it gives alone: nothing of a batch reaches a window's scores.
  EXPECT_EQ(teacher->embed(std::span(&audio[1], 1))[0].embedding, embedded[1].embedding);
  EXPECT_EQ(embedded[3].problem, "only 1 samples");
  EXPECT_EQ(teacher->score(embedded[0].embedding).size(), 2u);
  const std::vector<SoundClass> unknown = {{.name = "dog", .audioset = {"Barq"}}};
  EXPECT_THROW(teacher->set_classes(unknown), Error);
}

TEST(ClassConfig, HoldsWhatTheKindOfTeacherAsksFor) {
  EXPECT_EQ(class_config("clap", kClasses), R"([["a dog barking","a dog howling"],["rain"]])");
  EXPECT_EQ(class_config("efficientat", kClasses), R"([["Bark","Howl"],["Rain"]])");
}

TEST(LoadTeacher, RefusesWhatIsNone) {
  TestFolder folder;
  EXPECT_THROW(load_teacher(folder.path(), {}), Error);
  EXPECT_THROW(load_teacher(folder.path() / "nothing.pt", {}), Error);
  EXPECT_THROW(load_teacher(folder.path(), {.precision = "f16"}), Error);
}

}  // namespace
}  // namespace pupil::teacher
