// SPDX-License-Identifier: Apache-2.0
#include "pipeline/example_teacher.h"

#include <algorithm>

#include "base/error.h"
#include "corpus/class_examples.h"
#include "corpus/scores.h"
#include "pipeline/known_classes.h"
#include "pipeline/label_decision.h"
#include "pipeline/test_stages.h"

namespace pupil::pipeline {
namespace {

// "high" has no words any more, but clips that show it.
class ExampleTeacherTest : public StageTest {
 protected:
  ExampleTeacherTest() {
    SoundClass& high = project.classes[1];
    high.prompts.clear();
    high.examples = "shown";
    for (int i = 0; i < 3; ++i) sounds.write_wav(concat("shown/", i, ".wav"), tone(2100.0 + 70 * i), 16000);
    project.classes[1].examples = (sounds.path() / "shown").string();
  }

  void collect_all() {
    corpus::run_collect_stage(catalogue, store, corpus::read_project_sources(project),
                              corpus::collect_options(project, 1), {});
  }

  TeacherLoader loader() {
    return [this](const Project& all, const TeacherSpec&) {
      auto teacher = with_examples(all, std::make_unique<StubTeacher>(&embedded_count));
      teacher->set_classes(scored_classes(all));
      return teacher;
    };
  }

  std::string fault() {
    try {
      run_label_stage(project, catalogue, store, {}, {}, loader());
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  std::int64_t embedded_count = 0;
};

TEST_F(ExampleTeacherTest, AClassWithoutWordsIsKnownByItsExamples) {
  collect_all();
  project.label.refine = "off";
  run_label_stage(project, catalogue, store, {}, {}, loader());
  const ConfigChain chain = find_config_chain(project, catalogue);
  std::int64_t right = 0, count = 0;
  corpus::for_each_labelled_window(
      catalogue, chain.filter, chain.label.id, std::nullopt, [&](const corpus::LabelledWindow& row) {
        if (row.label.verdict == corpus::Verdict::background) return;
        const corpus::Clip clip = corpus::get_clip(catalogue, row.window.clip_id);
        ++count;
        right += row.label.label == clip.given.at(0).label ? 1 : 0;
      });
  EXPECT_GT(count, 20);
  EXPECT_EQ(right, count);
}

TEST_F(ExampleTeacherTest, ExamplesTrainAndAreCertain) {
  collect_all();
  project.label.refine = "on";
  run_label_stage(project, catalogue, store, {}, {}, loader());
  const ConfigChain chain = find_config_chain(project, catalogue);
  std::int64_t certain = 0;
  corpus::for_each_labelled_window(catalogue, chain.filter, chain.label.id, corpus::Verdict::accepted,
                                   [&](const corpus::LabelledWindow& row) {
                                     const corpus::Clip clip =
                                         corpus::get_clip(catalogue, row.window.clip_id);
                                     if (clip.source != corpus::example_source(project, project.classes[1]))
                                       return;
                                     EXPECT_EQ(clip.split, corpus::Split::train);
                                     EXPECT_EQ(row.label.soft, (std::vector<float>{0, 1}));
                                     ++certain;
                                   });
  EXPECT_GT(certain, 0);
}

TEST_F(ExampleTeacherTest, OtherExamplesAreOtherScores) {
  const std::string before = find_config_chain(project, catalogue).teachers[0].score.hash;
  sounds.write_wav("shown/3.wav", tone(2500), 16000);
  EXPECT_NE(find_config_chain(project, catalogue).teachers[0].score.hash, before);
}

TEST_F(ExampleTeacherTest, FewUsableExamplesAreAnError) {
  sounds.write_wav("shown/0.wav", std::vector<float>(16000), 16000);
  collect_all();
  const std::string message = fault();
  EXPECT_NE(message.find("examples of class 'high': "), std::string::npos) << message;
  EXPECT_NE(message.find("2 of the clips there can be used, and 3 are needed; 0.wav is silent"),
            std::string::npos)
      << message;
}

TEST_F(ExampleTeacherTest, ACopyOfATestRecordingIsAnError) {
  std::filesystem::copy(sounds.path() / "high5.wav", sounds.path() / "shown/3.wav");
  collect_all();
  EXPECT_NE(fault().find("which is in the test split"), std::string::npos) << fault();
}

TEST_F(ExampleTeacherTest, AClipThatShowsTwoClassesIsAnError) {
  project.classes[0].examples = (sounds.path() / "others").string();
  for (int i = 0; i < 3; ++i) sounds.write_wav(concat("others/", i, ".wav"), tone(310.0 + 50 * i), 16000);
  std::filesystem::copy(sounds.path() / "shown/0.wav", sounds.path() / "others/3.wav");
  collect_all();
  EXPECT_NE(fault().find("shows class 'low' too; take one out"), std::string::npos) << fault();
}

TEST_F(ExampleTeacherTest, WhatIsTakenOutIsNoExampleAnyMore) {
  sounds.write_wav("shown/3.wav", tone(2500), 16000);
  collect_all();
  const std::string before = KnownClasses::read(project, catalogue).examples_hash();
  std::filesystem::remove(sounds.path() / "shown/3.wav");
  EXPECT_NE(KnownClasses::read(project, catalogue).examples_hash(), before);
}

}  // namespace
}  // namespace pupil::pipeline
