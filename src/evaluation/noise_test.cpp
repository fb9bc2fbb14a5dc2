// SPDX-License-Identifier: Apache-2.0
#include "evaluation/noise.h"

#include <gtest/gtest.h>

#include "evaluation/reference_figures.h"
#include "evaluation/test_model.h"

namespace pupil::evaluation {
namespace {

class Noise : public testing::Test {
 protected:
  std::optional<NoiseFigures> measure() {
    const SplitScores split = score_split(set_, student::SetSplit::test, network_, {});
    const SplitScores val = score_split(set_, student::SetSplit::val, network_, {});
    return measure_noise(set_, split, clips_of(set_, split), val, network_);
  }

  TestFolder folder_;
  student::TrainingSet set_ = student::make_test_set(folder_ / "set.safetensors");
  TestModel model_;
  DeviceNetwork network_{model_.model()};
};

TEST_F(Noise, GoesFromCleanToLoud) {
  const auto figures = measure();
  ASSERT_TRUE(figures);
  ASSERT_EQ(figures->points.size(), 5U);
  EXPECT_FALSE(figures->points[0].snr_db);
  EXPECT_EQ(figures->points[4].snr_db, 0.0);
  EXPECT_TRUE(figures->against_truth);
}

TEST_F(Noise, WithoutOtherSoundsItIsMade) {  // all three classes are reported
  const auto figures = measure();
  EXPECT_EQ(figures->noise_count, 0);
  EXPECT_NE(figures->noise.find("pink"), std::string::npos);
}

TEST_F(Noise, CleanIsWhatTheClipsAre) {
  const SplitScores split = score_split(set_, student::SetSplit::test, network_, {});
  const SplitFigures figures = measure_split(set_, split, clips_of(set_, split));
  EXPECT_DOUBLE_EQ(measure()->points[0].accuracy.value, figures.clips_against_truth->int8.accuracy.value);
}

TEST_F(Noise, IsHeard) {
  const TestModel model(edge::ScoreKind::softmax, 0.5F, 1.0F,
                        4);  // random weights that do not decide alike always
  DeviceNetwork network(model.model());
  const SplitScores split = score_split(set_, student::SetSplit::test, network, {});
  const auto figures = measure_noise(set_, split, clips_of(set_, split), split, network);
  bool differs = false;
  for (const NoisePoint& point : figures->points)
    differs = differs || point.accuracy.value != figures->points[0].accuracy.value ||
              point.strongest_reported != figures->points[0].strongest_reported;
  EXPECT_TRUE(differs);
}

TEST_F(Noise, SameEveryTime) {
  EXPECT_EQ(noise_json(*measure()).dump(), noise_json(*measure()).dump());
}

TEST_F(Noise, NothingToHearGivesNothing) {
  EXPECT_FALSE(measure_noise(set_, {}, {}, {}, network_));
}

}  // namespace
}  // namespace pupil::evaluation
