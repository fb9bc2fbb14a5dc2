// SPDX-License-Identifier: Apache-2.0
#include "pipeline/label_decision.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pupil::pipeline {
namespace {

TEST(LabelDecision, SureAndLeadingIsAcceptedAndWeakIsNone) {
  const std::vector<SoundClass> classes = {{.name = "bark"}, {.name = "howl"}};
  const LabelSection section{.accept = 0.6, .margin = 0.3, .reject = 0.3};
  const auto verdict = [&](float bark, float howl) { return decide(section, classes, {bark, howl}).verdict; };
  EXPECT_EQ(verdict(0.7F, 0.2F), corpus::Verdict::accepted);
  EXPECT_EQ(verdict(0.7F, 0.5F), corpus::Verdict::doubtful) << "the lead is too small";
  EXPECT_EQ(verdict(0.5F, 0.1F), corpus::Verdict::doubtful);
  EXPECT_EQ(verdict(0.2F, 0.25F), corpus::Verdict::none_of_these);
  EXPECT_EQ(decide(section, classes, {0.2F, 0.7F}).label, "howl");
}

// A likeness of 0.2 is a deviation above the mean of likenesses, as 15 is of the two classes with words.
TEST(LabelDecision, LikenessToExamplesIsBroughtToTheScaleOfTheOthers) {
  std::vector<EnsembleMember> members(1);
  EnsembleMember& member = members.front();
  member.kept = {0, 1, 2};
  member.named_count = 3;
  member.shown = {2};
  member.standardiser.emplace(3);
  for (const std::vector<float>& scores : {std::vector<float>{5, 15, 0.1F}, {15, 5, 0.2F}})
    member.standardiser->add(scores);
  const std::vector<float> posterior = average_members(members, {{10, 10, 0.2F}});
  EXPECT_NEAR(posterior[2] / posterior[0], std::exp(5.0F), 0.1F);
}

}  // namespace
}  // namespace pupil::pipeline
