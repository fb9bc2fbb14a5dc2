// SPDX-License-Identifier: Apache-2.0
#include "student/batch_loader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "base/test_folder.h"
#include "student/audio_effects.h"
#include "student/test_set.h"

namespace pupil::student {
namespace {

// Nothing but noise at 10 dB, with that probability.
std::vector<float> first_audio(const TrainingSet& set, double noise) {
  TrainSection train = short_training();
  train.mixup = train.room = train.colour = train.mixstyle = train.gain_db = train.shift_s = 0;
  train.noise = noise;
  train.snr_low_db = train.snr_high_db = 10;
  BatchLoader::Options options;
  options.train = train;
  options.front_end = front_end_options(train);
  options.scale = measure_scale(set, options.front_end);
  options.keep_audio = true;
  return BatchLoader(set, std::make_shared<WindowSampler>(set, train), options).next().audio;
}

TEST(BatchLoader, ProjectsWithoutQuietWindowsMeetNoiseToo) {
  const TestFolder folder;
  const TrainingSet set = make_test_set(folder / "set.safetensors");
  const std::vector<float> clean = first_audio(set, 0), noisy = first_audio(set, 1);
  ASSERT_EQ(clean.size(), noisy.size());
  const auto length = static_cast<std::size_t>(set.window_samples());
  for (std::size_t first = 0; first < clean.size(); first += length) {
    const std::span<const float> sound(clean.data() + first, length);
    std::vector<float> noise(noisy.begin() + static_cast<std::ptrdiff_t>(first),
                             noisy.begin() + static_cast<std::ptrdiff_t>(first + length));
    for (std::size_t i = 0; i < length; ++i) noise[i] -= sound[i];
    EXPECT_NEAR(10 * std::log10(mean_power(sound) / mean_power(noise)), 10, 0.1);
  }
}

}  // namespace
}  // namespace pupil::student
