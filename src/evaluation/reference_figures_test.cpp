// SPDX-License-Identifier: Apache-2.0
#include "evaluation/reference_figures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "evaluation/test_model.h"
#include "metrics/decisions.h"

namespace pupil::evaluation {
namespace {

// Rows that decide for the given classes of two.
std::vector<float> deciding(const std::vector<int>& classes) {
  std::vector<float> scores;
  for (const int k : classes) scores.insert(scores.end(), {k == 0 ? 0.8F : 0.2F, k == 0 ? 0.2F : 0.8F});
  return scores;
}

const Items kItems{{0, 0, 1, 1}, {1, 2, 3, 4}};

TEST(ReferenceFigures, RetainedIsAccuracyOverTheTeachers) {
  const SystemScores scores{deciding({0, 0, 1, 1}), deciding({0, 0, 1, 0}), deciding({0, 1, 1, 0})};
  const ReferenceFigures figures = measure_systems(kItems, scores, 2);
  EXPECT_DOUBLE_EQ(figures.teacher->accuracy.value, 1.0);
  EXPECT_DOUBLE_EQ(figures.retained_float->value, 0.75);
  EXPECT_DOUBLE_EQ(figures.retained_int8.value, 0.5);
  EXPECT_DOUBLE_EQ(figures.int8_minus_float_points->value, -25.0);
}

TEST(ReferenceFigures, WithoutTeacherRetainedIsAgreement) {
  const ReferenceFigures figures = measure_systems(kItems, {{}, {}, deciding({0, 1, 1, 1})}, 2);
  EXPECT_FALSE(figures.teacher);
  EXPECT_FALSE(figures.floating);
  EXPECT_FALSE(figures.int8_minus_float_points);
  EXPECT_DOUBLE_EQ(figures.retained_int8.value, 0.75);
  EXPECT_EQ(reference_json(figures, std::vector<std::string>{"a", "b"}).find("teacher"), nullptr);
}

TEST(ReferenceFigures, TeacherThatIsNeverRightRetainsNothing) {
  const SystemScores scores{deciding({1, 1, 0, 0}), {}, deciding({0, 0, 1, 1})};
  EXPECT_TRUE(std::isnan(measure_systems(kItems, scores, 2).retained_int8.value));
}

TEST(ReferenceFigures, AnyClassScoreIsTheSumOrTheHighest) {
  const std::vector<float> scores = {0.2F, 0.3F, 0.5F};
  EXPECT_FLOAT_EQ(any_class_scores(scores, 3, 2, true).front(), 0.5F);
  EXPECT_FLOAT_EQ(any_class_scores(scores, 3, 2, false).front(), 0.3F);
}

SplitClips three_clips() {
  SplitClips clips;
  clips.clips = {0, 1, 2};
  clips.truth = {0, 1, metrics::kNone};
  clips.recordings = {1, 2, 3};
  clips.scores.int8 = {0.9F, 0.1F, 0.3F, 0.7F, 0.5F, 0.5F};
  return clips;
}

TEST(ReferenceFigures, AnyClassLeavesTheUnknownOut) {
  const auto figures = measure_any_class(three_clips(), std::vector<std::int8_t>{1, 0, -1}, 2, 1, true);
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->any_count, 1);
  EXPECT_EQ(figures->rest_count, 1);
  EXPECT_DOUBLE_EQ(figures->int8_auc.value, 1.0);
  EXPECT_TRUE(std::isnan(figures->teacher_auc));
}

TEST(ReferenceFigures, AnyClassNeedsBothKinds) {
  EXPECT_FALSE(measure_any_class(three_clips(), std::vector<std::int8_t>{1, 1, -1}, 2, 1, true));
}

class MadeSet : public testing::Test {
 protected:
  TestFolder folder_;
  student::TrainingSet set_ = student::make_test_set(folder_ / "set.safetensors");
  TestModel model_;
  DeviceNetwork network_{model_.model()};
};

TEST_F(MadeSet, SplitIsJudgedInFourWays) {
  const SplitScores split = score_split(set_, student::SetSplit::test, network_, {});
  const SplitClips clips = clips_of(set_, split);
  ASSERT_FALSE(clips.clips.empty());
  const SplitFigures figures = measure_split(set_, split, clips);
  EXPECT_EQ(figures.clips_against_truth->item_count, std::ssize(clips.clips));
  EXPECT_EQ(figures.windows_against_teacher->item_count, std::ssize(split.windows));
  EXPECT_DOUBLE_EQ(figures.clips_against_truth->teacher->accuracy.value,
                   1.0);  // its soft targets are the truth
  EXPECT_FALSE(figures.clips_against_teacher->teacher);
}

TEST_F(MadeSet, NoTestClipsGiveNoFigures) {
  const SplitScores split;
  const SplitFigures figures = measure_split(set_, split, clips_of(set_, split));
  EXPECT_FALSE(figures.clips_against_truth);
  EXPECT_FALSE(figures.windows_against_teacher);
  EXPECT_EQ(split_json(figures, set_.class_names()).dump(), R"({"clips":0,"clips_too_quiet":0})");
}

TEST_F(MadeSet, DeviceScoresAreProbabilities) {
  const SplitScores split = score_split(set_, student::SetSplit::val, network_, {});
  ASSERT_EQ(split.scores.int8.size(), split.windows.size() * 3);
  EXPECT_NEAR(split.scores.int8[0] + split.scores.int8[1] + split.scores.int8[2], 1.0, 1e-5);
}

TEST(WindowReference, TruthBeforeTeacherAndNothingForTheDoubtful) {
  using student::SetVerdict;
  EXPECT_EQ(window_reference({0, 0, SetVerdict::accepted, 1, 2, 0}), 2);
  EXPECT_EQ(window_reference({0, 0, SetVerdict::accepted, 1, -1, 0}), 1);
  EXPECT_EQ(window_reference({0, 0, SetVerdict::capped, 1, -1, 0}), 1);
  EXPECT_EQ(window_reference({0, 0, SetVerdict::doubtful, 1, -1, 0}), kNoReference);
  EXPECT_EQ(window_reference({0, 0, SetVerdict::doubtful, 1, 2, 0}), 2);
  EXPECT_EQ(window_reference({0, 0, SetVerdict::background, -1, 2, 0}), metrics::kNone);
  EXPECT_EQ(window_reference({0, 0, SetVerdict::none_of_these, 1, -1, 0}), metrics::kNone);
}

}  // namespace
}  // namespace pupil::evaluation
