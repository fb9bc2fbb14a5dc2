// SPDX-License-Identifier: Apache-2.0
#include "pipeline/label_decision.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace pupil::pipeline
