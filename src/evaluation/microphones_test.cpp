// SPDX-License-Identifier: Apache-2.0
#include "evaluation/microphones.h"

#include <gtest/gtest.h>

#include "evaluation/test_model.h"

namespace pupil::evaluation {
namespace {

class Microphones : public testing::Test {
 protected:
  std::optional<MicrophoneFigures> measure(const std::vector<std::vector<float>>& responses) {
    const SplitScores split = score_split(set_, student::SetSplit::test, network_, {});
    return measure_microphones(set_, split, clips_of(set_, split), student::ImpulseResponses(responses),
                               network_);
  }

  TestFolder folder_;
  student::TrainingSet set_ = student::make_test_set(folder_ / "set.safetensors");
  TestModel model_;
  DeviceNetwork network_{model_.model()};
};

TEST_F(Microphones, APerfectOneCostsNothing) {
  const auto figures = measure({{1.0F}, {0.0F, 0.25F}});
  ASSERT_TRUE(figures);
  ASSERT_EQ(figures->accuracy.size(), 2u);
  EXPECT_EQ(figures->accuracy[0], figures->clean.value);
  EXPECT_EQ(figures->worst, std::min(figures->accuracy[0], figures->accuracy[1]));
}

TEST_F(Microphones, NoResponsesNoFigures) {
  EXPECT_FALSE(measure({}));
}

}  // namespace
}  // namespace pupil::evaluation
