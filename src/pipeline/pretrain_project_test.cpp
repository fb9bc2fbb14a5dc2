// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pretrain_project.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "nn/tensor_file.h"
#include "pipeline/test_stages.h"
#include "teacher/random_efficientat.h"

namespace pupil::pipeline {
namespace {

// Twelve labelled clips of 2 s, three windows each; of each class one recording validates and one is for tests.
class TaggerExamplesTest : public StageTest {
 protected:
  TaggerExamplesTest() : tagger(random_tagger(folder.path())) {
    project.classes[0].audioset = {"Hum"};
    project.classes[1].audioset = {"Beep, bleep", "Whistle"};
    label();
  }

  static teacher::Tagger random_tagger(const std::filesystem::path& folder) {
    nn::write_safetensors(folder / "tagger.safetensors", teacher::random_efficientat_tensors(0, 1));
    return teacher::Tagger::load(folder / "tagger.safetensors");
  }

  pretrain::TaggerExamples examples(const TaggerExampleOptions& options = {}) {
    return tagger_examples(project, catalogue, store, tagger, options);
  }

  std::string failure(const TaggerExampleOptions& options = {}) {
    try {
      examples(options);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  teacher::Tagger tagger;
};

TEST_F(TaggerExamplesTest, AreTheAcceptedWindowsOfTrainingRecordings) {
  project.teacher.input = "window";
  label();
  const pretrain::TaggerExamples all = examples();
  ASSERT_EQ(all.train.size(), 8U * 3);
  EXPECT_EQ(all.held_back.size(), 2U * 3);
  ASSERT_EQ(all.mapping.size(), 2U);
  EXPECT_EQ(all.mapping[1].size(), 2U);
  for (const pretrain::TaggerExample& example : all.train) {
    EXPECT_EQ(example.samples.size(), 32000U);  // 1 s, brought to the tagger's rate
    EXPECT_NEAR(example.target[0] + example.target[1], 1, 1e-5);
    EXPECT_NE(*std::ranges::max_element(example.samples), 0);
  }
}

TEST_F(TaggerExamplesTest, OfWholeClipsAreTheClips) {
  project.teacher.input = "clip";
  label();
  const pretrain::TaggerExamples all = examples();
  ASSERT_EQ(all.train.size(), 8U);
  EXPECT_EQ(all.train[0].samples.size(), 64000U);
}

TEST_F(TaggerExamplesTest, GivenLabelsStandInForTheAcceptedOnes) {
  project.label.accept = 1;
  project.label.margin = 1;
  label();
  EXPECT_NE(failure(), "");
  const pretrain::TaggerExamples all = examples({.given_labels = true});
  ASSERT_EQ(all.train.size(), 8U * 3);
  int low = 0;
  for (const pretrain::TaggerExample& example : all.train) low += example.target[0] == 1 ? 1 : 0;
  EXPECT_EQ(low, 12);
}

TEST_F(TaggerExamplesTest, AreLimitedAlikeForAllClasses) {
  const pretrain::TaggerExamples some = examples({.most = 8});
  ASSERT_EQ(some.train.size(), 8U);
  int low = 0;
  for (const pretrain::TaggerExample& example : some.train) low += example.target[0] > 0.5F ? 1 : 0;
  EXPECT_EQ(low, 4);
  EXPECT_EQ(some.held_back.size(), 2U);
  EXPECT_EQ(some.sha256, examples({.most = 8}).sha256);
  EXPECT_NE(some.sha256, examples().sha256);
}

TEST_F(TaggerExamplesTest, AClassWithoutAudioSetNamesIsNamed) {
  project.classes[1].audioset.clear();
  EXPECT_NE(failure().find("class high has no AudioSet names"), std::string::npos) << failure();
}

TEST_F(TaggerExamplesTest, NothingAcceptedIsAnError) {
  project.label.accept = 1;
  project.label.margin = 1;
  label();
  EXPECT_NE(failure().find("no window of the training split is accepted"), std::string::npos) << failure();
}

}  // namespace
}  // namespace pupil::pipeline
