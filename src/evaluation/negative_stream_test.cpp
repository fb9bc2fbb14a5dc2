// SPDX-License-Identifier: Apache-2.0
#include "evaluation/negative_stream.h"

#include <gtest/gtest.h>

#include <set>

#include "evaluation/test_model.h"

namespace pupil::evaluation {
namespace {

std::vector<std::vector<float>> two_clips() {
  return {std::vector<float>(16000, 0.1F), std::vector<float>(8000, 0.2F)};
}

TEST(NegativeStream, KnowsWhichClipSoundsWhen) {
  const TestModel model;
  const NegativeStream stream = stream_negatives(model.model(), two_clips(), {.hours = 20.0 / 3600});
  ASSERT_GT(stream.sounds.size(), 4u);
  EXPECT_EQ(stream.sounds.front().begin_samples, 0);
  std::set<std::size_t> clips;
  for (std::size_t i = 0; i + 1 < stream.sounds.size(); ++i) {
    const auto& sound = stream.sounds[i];
    clips.insert(sound.clip);
    EXPECT_EQ(stream.clip_at(sound.begin_samples), sound.clip);
    EXPECT_EQ(stream.clip_at(stream.sounds[i + 1].begin_samples - 1), sound.clip);
    const std::int64_t length = stream.sounds[i + 1].begin_samples - sound.begin_samples;
    EXPECT_GT(length, sound.clip == 0 ? 16000 : 8000) << "the clip and a pause";
  }
  EXPECT_EQ(clips.size(), 2u);
}

TEST(NegativeStream, EventsAreCountedByClass) {
  const TestModel model(edge::ScoreKind::softmax, 0.0F);  // every window passes
  const NegativeStream stream = stream_negatives(model.model(), two_clips(), {.hours = 20.0 / 3600});
  const std::vector<std::int64_t> counts = count_events(model.model(), stream);
  std::int64_t total = 0;
  for (const std::int64_t count : counts) total += count;
  EXPECT_GT(total, 0);
  EXPECT_EQ(total, std::ssize(list_events(model.model(), stream)));
}

}  // namespace
}  // namespace pupil::evaluation
