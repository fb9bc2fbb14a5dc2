// SPDX-License-Identifier: Apache-2.0
#include "pipeline/broad_negatives.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "pipeline/test_stages.h"
#include "pipeline/training_set_stage.h"
#include "student/learned_windows.h"

namespace pupil::pipeline {
namespace {

/// The project of StageTest with broad negatives and a bank of a few tones.
class BroadNegatives : public StageTest {
 protected:
  BroadNegatives() {
    setenv("PUPIL_CACHE", (cache.path() / "cache").c_str(), 1);
    project.label.broad_negatives = true;
    project.label.negative_bank = (cache.path() / "bank").string();
    write_bank("path,group,part,hint\na.wav,a,train,\nb.wav,b,val,\nc.wav,c,test,\nlow.wav,d,train,\n");
  }
  ~BroadNegatives() override { unsetenv("PUPIL_CACHE"); }

  void write_bank(const std::string& index) {
    int number = 0;
    for (const char* name : {"bank/a.wav", "bank/b.wav", "bank/c.wav"})
      cache.write_wav(name, tone(5000 + 300 * number++), 16000);
    cache.write_wav("bank/low.wav", tone(200), 16000);
    cache.write("bank/index.csv", index);
  }

  void collect_bird() {
    sounds.write_wav("bird.wav", tone(6000), 16000);
    sounds.write("index.csv", "path,label,group,split\nbird.wav,,recording 13,train\n");
    collect();
  }

  corpus::TestFolder cache;
};

TEST_F(BroadNegatives, AWindowThatAGroupWinsIsNoneOfThese) {
  collect_bird();
  const LabelStageReport report = label();
  ASSERT_EQ(report.classes.size(), 3U);
  EXPECT_EQ(report.classes[2].name, kNoneOfThese);
  EXPECT_GT(report.classes[2].window_count.at(corpus::Verdict::accepted), 0);
  EXPECT_EQ(report.truth.accuracy, 1.0) << "the classes are found as before";
  EXPECT_NE(report.groups.find("stand for \"none of these\""), std::string::npos);
}

TEST_F(BroadNegatives, AGroupStepsAsideForAClassOfItsName) {
  project.classes[1].name = "bird song";
  collect_bird();
  const LabelStageReport report = label();
  EXPECT_NE(report.groups.find("bird: bird song (the word 'bird')"), std::string::npos) << report.groups;
}

TEST_F(BroadNegatives, WithoutThemThereAreTheNamedClassesAlone) {
  project.label.broad_negatives = false;
  EXPECT_EQ(scored_classes(project).size(), 2U);
  EXPECT_EQ(project.all_classes().size(), 2U);
  EXPECT_FALSE(project_bank(project));
  EXPECT_EQ(soft_target_of_posterior(project, {0.25F, 0.75F}), (std::vector<float>{0.25F, 0.75F}));
}

TEST_F(BroadNegatives, TheStrongestGroupStandsForAll) {
  const std::vector<float> soft = soft_target_of_posterior(project, {0.3F, 0.1F, 0.4F, 0.2F});
  ASSERT_EQ(soft.size(), 3U);
  EXPECT_FLOAT_EQ(soft[0], 0.3F / 0.8F);
  EXPECT_FLOAT_EQ(soft[2], 0.4F / 0.8F);
}

TEST_F(BroadNegatives, TheBankTrainsButForWhatSoundsLikeAClass) {
  label();
  const ConfigChain chain = require_labels(project, catalogue);
  const std::vector<BankWindow> windows = bank_windows(project, catalogue, chain);
  EXPECT_EQ(windows.size(), 6U) << "two windows each of three clips; low.wav is a class";
  const PreparedSet prepared = prepare_training_set(project, catalogue, store, false);
  EXPECT_EQ(prepared.set.class_names().back(), kNoneOfThese);
  EXPECT_EQ(std::ranges::count(prepared.clip_ids, kNoClip), 1 + 11)
      << "the part that trains, and dead inputs";
  std::vector<std::size_t> groups;
  EXPECT_EQ(negative_audio(project, catalogue, chain, corpus::Split::val, 16000, &groups).size(), 1U);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(teacher::broad_groups()[groups[0]].sound.name, "bird") << "what wins its windows";
}

TEST_F(BroadNegatives, AHintNamesAClipsGroup) {
  write_bank("path,group,part,hint\na.wav,a,train,\nb.wav,b,val,rain_02\n");
  label();
  std::vector<std::size_t> groups;
  negative_audio(project, catalogue, require_labels(project, catalogue), corpus::Split::val, 16000, &groups);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(teacher::broad_groups()[groups[0]].sound.name, "rain");
}

TEST_F(BroadNegatives, AHintOfAClassKeepsAClipOut) {
  project.classes[1].name = "bird song";
  write_bank("path,group,part,hint\na.wav,a,train,bird_02\nb.wav,b,val,\n");
  label();
  for (const BankWindow& window : bank_windows(project, catalogue, require_labels(project, catalogue)))
    EXPECT_NE(window.clip, 0U);
}

TEST_F(BroadNegatives, ABankIsEmbeddedOnceAndItsChangeLabelsAnew) {
  label();
  const std::int64_t first = embedded_count;
  label();
  EXPECT_EQ(embedded_count, first);
  const std::string before = require_labels(project, catalogue).label.hash;
  write_bank("path,group,part\na.wav,a,train\n");
  EXPECT_THROW(require_labels(project, catalogue), Error);
  label();
  EXPECT_NE(require_labels(project, catalogue).label.hash, before);
}

TEST_F(BroadNegatives, AFaultyBankIsNamed) {
  const auto fault_of = [&](const std::string& index) {
    write_bank(index);
    try {
      project_bank(project);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(fault_of("path,part\na.wav,some\n").find("index.csv:2: part 'some'"), std::string::npos);
  EXPECT_NE(fault_of("path,group,part\na.wav,x,train\nb.wav,x,val\n").find("group 'x' is in two parts"),
            std::string::npos);
  EXPECT_NE(fault_of("path\n").find("no clip"), std::string::npos);
  EXPECT_NE(fault_of("file\na.wav\n").find("path"), std::string::npos);
  write_bank("path,part,sha256\na.wav,train,0000\n");
  EXPECT_THROW(label(), Error) << "a clip of another hash";
  project.label.negative_bank = "nowhere";
  EXPECT_THROW(project_bank(project), Error);
}

}  // namespace
}  // namespace pupil::pipeline
