// SPDX-License-Identifier: Apache-2.0
#include "evaluation/device_network.h"

#include <gtest/gtest.h>

#include "evaluation/test_model.h"
#include "pupil/edge/stream.h"

namespace pupil::evaluation {
namespace {

std::vector<float> noise(std::size_t count) {
  CounterRandom random(3, 0, 0, 0);
  std::vector<float> samples;
  for (std::size_t n = 0; n < count; ++n) samples.push_back(static_cast<float>(0.1 * random.normal()));
  return samples;
}

TEST(DeviceNetwork, GivesTheBitsOfAStream) {
  const TestModel model;
  DeviceNetwork network(model.model());
  const std::vector<float> audio = noise(static_cast<std::size_t>(network.window_samples()));
  const std::span<const float> whole = network.logits(audio);
  std::vector<std::byte> state(edge::Streamer::state_bytes(model.model(), {}));
  edge::Streamer stream;
  ASSERT_EQ(stream.init(model.model(), {}, state), edge::Status::ok);
  std::size_t used = 0;
  bool scored = false;
  ASSERT_EQ(stream.push(audio, &used, &scored), edge::Status::ok);
  ASSERT_TRUE(scored);
  EXPECT_TRUE(std::equal(whole.begin(), whole.end(), stream.logits().begin()));
}

TEST(DeviceNetwork, MissingSamplesAreSilence) {
  const TestModel model;
  DeviceNetwork network(model.model());
  std::vector<float> audio = noise(1000);
  const auto first = network.logits(audio);
  const std::vector<float> shorter(first.begin(), first.end());
  audio.resize(static_cast<std::size_t>(network.window_samples()));
  const auto padded = network.logits(audio);
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), padded.begin()));
}

TEST(DeviceNetwork, CalibrationIsAppliedAndTakenAway) {
  const TestModel cool(edge::ScoreKind::softmax, 0.5F, 0.25F);
  const std::vector<float> logits = {2.0F, 0.0F, -1.0F};
  EXPECT_LT(device_scores(cool.model(), logits)[0], uncalibrated_scores(cool.model(), logits)[0]);
}

}  // namespace
}  // namespace pupil::evaluation
