// SPDX-License-Identifier: Apache-2.0
#include "evaluation/world_thresholds.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/random_model.h"
#include "pupil/edge/events.h"

namespace pupil::evaluation {
namespace {

// Two reported classes and one behind them.
edge::ModelImage three_class_image() {
  edge::ModelSketch sketch = edge::named_sketch("micro");
  sketch.mel_count = 64;
  sketch.window_frames = 48;
  sketch.class_count = 3;
  edge::ModelImage image = edge::random_model(sketch, 1);
  const char* const names[] = {"low", "high", "none of these"};
  for (std::size_t k = 0; k < 3; ++k) image.classes[k] = {names[k], "", 0.5F, 1.0F, 0.0F};
  image.metadata = {{"reported_classes", "2"}};
  return image;
}

// Windows whose logit of class 0 rises evenly; the class of all of them.
CalibrationData rising_windows(std::size_t count) {
  CalibrationData data;
  for (std::size_t n = 0; n < count; ++n) {
    data.logits.insert(data.logits.end(),
                       {8.0F * static_cast<float>(n + 1) / static_cast<float>(count), 0, 0});
    data.reference.push_back(0);
    data.streams.push_back(0);
  }
  return data;
}

// An hour in which class 0 scores `scores`, each for a second, ten seconds apart.
NegativeStream stream_of(const std::vector<float>& scores) {
  NegativeStream stream;
  stream.class_count = 3;
  stream.duration_s = 3600;
  for (std::int64_t t = 0; t < 36000; ++t) {
    const auto event = static_cast<std::size_t>(t / 100);
    const float score = event < scores.size() && t % 100 < 10 ? scores[event] : 0.0F;
    stream.scores.insert(stream.scores.end(), {score, 0.0F, 1 - score});
    stream.ends.push_back((t + 1) * 1600);
  }
  return stream;
}

TEST(WorldThresholds, KeepWhatTheyPromise) {
  const edge::ModelImage image = three_class_image();
  const CalibrationData data = rising_windows(100);
  const NegativeStream stream = stream_of({0.6F, 0.7F, 0.8F, 0.9F});
  const WorldThresholds world(image, data, stream);
  const WorldPoint strict = world.at(2), loose = world.at(8);
  EXPECT_GT(strict.classes[0].threshold, 0.8F);
  EXPECT_LE(strict.classes[0].threshold, 0.93F);
  EXPECT_EQ(strict.false_alarms_per_hour, 1);
  EXPECT_LT(loose.classes[0].threshold, strict.classes[0].threshold);
  EXPECT_GT(loose.mean_recall, strict.mean_recall);
  EXPECT_TRUE(strict.classes[0].kept);
}

TEST(WorldThresholds, SayWhereAPromiseCannotBeKept) {
  const edge::ModelImage image = three_class_image();
  const CalibrationData data = rising_windows(100);
  const NegativeStream stream = stream_of(std::vector<float>(4, 0.9999F));
  const WorldPoint point = WorldThresholds(image, data, stream).at(1);
  EXPECT_FALSE(point.classes[0].kept);
  EXPECT_FALSE(point.classes[0].muted) << "four an hour are within ten times its half of one";
  EXPECT_GE(point.classes[0].recall, kLeastRecall);
  EXPECT_EQ(point.false_alarms_per_hour, 4);
}

// It rang 121 times an hour once, for the twentieth part of its own windows.
TEST(WorldThresholds, AClassThatNothingTellsFromTheWorldIsMuted) {
  const edge::ModelImage image = three_class_image();
  const CalibrationData data = rising_windows(100);
  const NegativeStream stream = stream_of(std::vector<float>(20, 1.0F));
  const WorldPoint point = WorldThresholds(image, data, stream).at(1);
  EXPECT_TRUE(point.classes[0].muted);
  EXPECT_FALSE(point.classes[0].kept);
  EXPECT_EQ(point.classes[0].recall, 0);
  EXPECT_EQ(point.false_alarms_per_hour, 0);
}

TEST(WorldThresholds, AClassWithoutWindowsIsSetByTheStreamAlone) {
  const edge::ModelImage image = three_class_image();
  const WorldPoint point = WorldThresholds(image, rising_windows(10), stream_of({0.5F})).at(1);
  EXPECT_TRUE(std::isnan(point.classes[1].recall));
  EXPECT_TRUE(point.classes[1].kept);
}

TEST(WorldThresholds, WhatIsNotReportedOnlyHasToLead) {
  edge::ModelImage image = three_class_image();
  const CalibrationData data = rising_windows(10);
  const NegativeStream stream = stream_of({0.5F});
  WorldThresholds::apply(WorldThresholds(image, data, stream).at(1), &image);
  EXPECT_EQ(image.classes[2].threshold, kLowestThreshold);
}

TEST(WorldThresholds, DeadInputsAreSilenced) {
  edge::ModelImage image = three_class_image();
  for (edge::ClassDraft& one : image.classes) one.threshold = 0;
  image.classes[2].threshold = 1.5F;  // so that a reported class leads
  const std::vector<std::vector<float>> zeros = {std::vector<float>(48000)};
  EXPECT_FALSE(silence_dead_inputs(zeros, &image).empty());
  EXPECT_EQ(silence_dead_inputs(zeros, &image), std::vector<std::string>());
}

}  // namespace
}  // namespace pupil::evaluation
