// SPDX-License-Identifier: Apache-2.0
#include "pipeline/preview_judge.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/sha256.h"
#include "nn/model_store.h"
#include "pipeline/test_stages.h"

namespace pupil::pipeline {
namespace {

class PreviewJudgeTest : public StageTest {
 protected:
  PreviewJudgeTest() {
    if (const char* cache = std::getenv("PUPIL_CACHE")) cache_before_ = cache;
    setenv("PUPIL_CACHE", (sounds.path() / "cache").c_str(), 1);
  }
  ~PreviewJudgeTest() override {
    if (cache_before_.empty())
      unsetenv("PUPIL_CACHE");
    else
      setenv("PUPIL_CACHE", cache_before_.c_str(), 1);
  }

  std::unique_ptr<harvest::Judge> judge() {
    return make_preview_judge(project, catalogue, [this](const Project& of, const TeacherSpec&) {
      ++load_count;
      auto teacher = std::make_unique<StubTeacher>(&embedded_count);
      teacher->set_classes(scored_classes(of));
      return teacher;
    });
  }

  std::vector<harvest::Judgement> judgements(const std::vector<float>& audio) {
    const auto ready = judge();
    ready->load();
    return ready->judge(audio);
  }

  int load_count = 0;
  std::string cache_before_;
};

TEST_F(PreviewJudgeTest, GivesEachClassItsProbabilityWhereItIsHighest) {
  project.teacher.input = "window";  // in four seconds of two tones, each is the context of the other
  std::vector<float> audio = tone(2200);
  const auto high = judgements(audio);
  ASSERT_EQ(high.size(), 2u);
  EXPECT_GT(high[1].score, 0.9);
  EXPECT_LT(high[0].score, 0.1);
  EXPECT_EQ(high[1].accepted_count, 3);  // windows of 1 s every 0.5 s in 2 s
  EXPECT_EQ(high[0].accepted_count, 0);
  const std::vector<float> low = tone(320);
  audio.insert(audio.end(), low.begin(), low.end());
  const auto both = judgements(audio);
  EXPECT_GT(both[0].score, 0.9);
  EXPECT_GT(both[1].score, 0.9);
}

TEST_F(PreviewJudgeTest, OfLongAudioSomeWindowsStandForAll) {
  std::vector<float> audio;
  for (int i = 0; i < 20; ++i) {
    const std::vector<float> more = tone(2200);
    audio.insert(audio.end(), more.begin(), more.end());
  }
  const auto high = judgements(audio);
  EXPECT_EQ(embedded_count, static_cast<std::int64_t>(kJudgedWindows));
  EXPECT_GT(high[1].accepted_count, 30);
  EXPECT_LE(high[1].accepted_count, 79);
}

TEST_F(PreviewJudgeTest, SilenceIsNoSoundOfAnyClass) {
  for (const harvest::Judgement& one : judgements(std::vector<float>(32000))) {
    EXPECT_EQ(one.score, 0);
    EXPECT_EQ(one.accepted_count, 0);
  }
}

TEST_F(PreviewJudgeTest, AGroupThatIsNoClassTakesItsShare) {
  project.label.broad_negatives = true;
  project.label.negative_bank = "";
  EXPECT_LT(judgements(tone(5000))[1].score, 0.1) << "the stub takes 4.5 kHz and more for a bird";
}

TEST_F(PreviewJudgeTest, LoadsItsTeacherOnceAndOnlyWhenAsked) {
  const auto ready = judge();
  EXPECT_EQ(ready->space(), "");
  EXPECT_EQ(load_count, 0);
  ready->load();
  ready->load();
  EXPECT_EQ(load_count, 1);
}

TEST_F(PreviewJudgeTest, IsAnotherOneWithOtherWordsAndThresholds) {
  const std::string id = judge()->id();
  EXPECT_EQ(judge()->id(), id);
  project.classes[0].prompts = {"another phrase"};
  EXPECT_NE(judge()->id(), id);
  project.classes[0].prompts = {"a low tone"};
  EXPECT_EQ(judge()->id(), id);
  project.window.length_s = 2;
  EXPECT_NE(judge()->id(), id);
}

TEST_F(PreviewJudgeTest, ATaggerNeedsABankToBeComparedWith) {
  corpus::put_model(catalogue, {"stub", "", "weights", "efficientat"});
  project.label.negative_bank = "";
  EXPECT_THROW(judge()->load(), Error);
}

TEST_F(PreviewJudgeTest, PointsWhereTheWordsOrElseTheExamplesAre) {
  const auto ready = judge();
  ready->load();
  const std::vector<float> words = ready->direction(project.classes[0]);
  EXPECT_NEAR(words[0], std::sqrt(0.5F), 1e-6);
  for (int i = 0; i < 3; ++i) sounds.write_wav(concat("shown/", i, ".wav"), tone(300.0 + 10 * i), 16000);
  project.classes[0].examples = (sounds.path() / "shown").string();
  const auto shown = judge();
  shown->load();
  EXPECT_EQ(shown->direction(project.classes[0]),
            std::vector<float>{-1});  // the stub's embedding has one value
  EXPECT_NE(shown->id(), ready->id());
}

TEST_F(PreviewJudgeTest, KnowsTheWeightsOfALibrarysSpaceByTheirContent) {
  sounds.write("cache/clap-630k-audioset-fusion/630k-audioset-fusion-best.pt.sha256", "abc  630k.pt\n");
  EXPECT_EQ(judge()->space(), "");
  corpus::put_model(catalogue, {"stub", "", sha256_hex("abc"), "clap"});
  EXPECT_EQ(judge()->space(), "laion_clap");
}

}  // namespace
}  // namespace pupil::pipeline
