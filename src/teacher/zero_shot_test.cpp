// SPDX-License-Identifier: Apache-2.0
#include "teacher/zero_shot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace pupil::teacher {
namespace {

using Floats = std::vector<float>;

TEST(PromptEnsemble, IsTheMeanOfDirections) {
  const Floats ensemble = prompt_ensemble(Floats{3, 0, 0, 0.5F}, 2);
  EXPECT_FLOAT_EQ(ensemble[0], std::sqrt(0.5F)) << "the longer prompt counts no more than the other";
  EXPECT_FLOAT_EQ(ensemble[1], std::sqrt(0.5F));
}

TEST(PromptEnsemble, RefusesWhatHasNoDirection) {
  EXPECT_THROW(prompt_ensemble(Floats{}, 2), Error);
  EXPECT_THROW(prompt_ensemble(Floats{1, 2, 3}, 2), Error);
  EXPECT_THROW(prompt_ensemble(Floats{1, 0, -1, 0}, 2), Error);
}

TEST(ClassScores, AreScaledSimilarities) {
  EXPECT_EQ(class_scores(Floats{0.6F, 0.8F}, Floats{1, 0, 0, 1}, 10), (Floats{6, 8}));
  EXPECT_THROW(class_scores(Floats{1, 0}, Floats{1, 0, 0}, 10), Error);
}

TEST(MappedScores, TakeTheLoudestOutputOfAClass) {
  const std::vector<std::vector<std::int32_t>> mapping = {{0, 2}, {1}};
  EXPECT_EQ(mapped_scores(Floats{-3, -1, -2}, mapping), (Floats{-2, -1}));
  const std::vector<std::vector<std::int32_t>> none = {{}}, outside = {{3}};
  EXPECT_THROW(mapped_scores(Floats{1}, none), Error);
  EXPECT_THROW(mapped_scores(Floats{1}, outside), Error);
}

TEST(ScoreStandardiser, TakesOutMeanAndSpread) {
  ScoreStandardiser standardiser(2);
  for (const Floats& scores : {Floats{1000001, 5}, Floats{1000003, 5}}) standardiser.add(scores);
  EXPECT_EQ(standardiser.standardised(Floats{1000004, 7}), (Floats{2, 0}));
  EXPECT_EQ(standardiser.count(), 2);
}

TEST(SoftTarget, IsASoftmax) {
  const Floats target = soft_target(Floats{0, std::log(3.0F)});
  EXPECT_FLOAT_EQ(target[0], 0.25F);
  EXPECT_FLOAT_EQ(target[1], 0.75F);
  EXPECT_FLOAT_EQ(soft_target(Floats{0, std::log(9.0F)}, 2)[1], 0.75F);
  EXPECT_EQ(soft_target(Floats{1000, -1000}), (Floats{1, 0})) << "no overflow";
}

TEST(SoftTarget, RefusesWhatIsNotANumber) {
  EXPECT_THROW(soft_target(Floats{}), Error);
  EXPECT_THROW(soft_target(Floats{0, std::numeric_limits<float>::quiet_NaN()}), Error);
  EXPECT_THROW(soft_target(Floats{0, 1}, 0), Error);
}

TEST(EnsembleTarget, AveragesProbabilities) {
  const Floats sure = {0, 100}, clueless = {5, 5};
  const std::vector<TeacherScores> teachers = {{.scores = sure, .weight = 3},
                                               {.scores = clueless, .weight = 1}};
  const Floats target = ensemble_target(teachers);
  EXPECT_FLOAT_EQ(target[0], 0.125F);
  EXPECT_FLOAT_EQ(target[1], 0.875F);
}

TEST(EnsembleTarget, RefusesWhatDoesNotFit) {
  const Floats two = {0, 1}, three = {0, 1, 2};
  const std::vector<TeacherScores> uneven = {{.scores = two}, {.scores = three}};
  const std::vector<TeacherScores> weightless = {{.scores = two, .weight = 0}};
  EXPECT_THROW(ensemble_target(uneven), Error);
  EXPECT_THROW(ensemble_target(weightless), Error);
  EXPECT_THROW(ensemble_target({}), Error);
}

TEST(Decide, ReadsConfidenceMarginAndEntropy) {
  const Decision decision = decide(Floats{0.25F, 0.5F, 0.25F});
  EXPECT_EQ(decision.class_index, 1);
  EXPECT_FLOAT_EQ(decision.confidence, 0.5F);
  EXPECT_FLOAT_EQ(decision.margin, 0.25F);
  EXPECT_FLOAT_EQ(decision.entropy, 1.5F * std::log(2.0F));
  EXPECT_FLOAT_EQ(decide(Floats{0.75F, 0.25F}).margin, 0.5F);
  EXPECT_FLOAT_EQ(decide(Floats{1.0F}).margin, 1.0F);
  EXPECT_THROW(decide({}), Error);
}

}  // namespace
}  // namespace pupil::teacher
