// SPDX-License-Identifier: Apache-2.0
#include "student/audio_effects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace pupil::student {
namespace {

constexpr double kRateHz = 16000;

std::vector<float> place_noise(std::uint64_t seed) {
  std::vector<float> noise(16000);
  CounterRandom random(seed, 1, 2, 3);
  make_place_noise(noise, kRateHz, random);
  return noise;
}

// Power of the differences over the power: large for bright sounds.
double brightness(const std::vector<float>& audio) {
  std::vector<float> steps(audio.size() - 1);
  std::transform(audio.begin() + 1, audio.end(), audio.begin(), steps.begin(), std::minus<>());
  return mean_power(steps) / mean_power(audio);
}

TEST(AudioEffects, PlaceNoiseIsFiniteAndNeverSilent) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<float> noise = place_noise(seed);
    EXPECT_TRUE(std::ranges::all_of(noise, [](float x) { return std::isfinite(x); })) << seed;
    EXPECT_GT(mean_power(noise), 1e-6) << seed;
  }
}

TEST(AudioEffects, PlacesDifferAndAreTheSameAgain) {
  EXPECT_EQ(place_noise(7), place_noise(7));
  std::vector<double> found;
  for (std::uint64_t seed = 0; seed < 100; ++seed) found.push_back(brightness(place_noise(seed)));
  std::ranges::sort(found);
  EXPECT_GT(found[90], 10 * found[10]);
}

TEST(AudioEffects, NoiseIsAddedAtTheRatioThatIsAskedFor) {
  const std::vector<float> sound = place_noise(1), noise = place_noise(2);
  std::vector<float> both = sound;
  add_noise(both, noise, 6);
  for (std::size_t i = 0; i < both.size(); ++i) both[i] -= sound[i];
  EXPECT_NEAR(10 * std::log10(mean_power(sound) / mean_power(both)), 6, 0.01);
}

}  // namespace
}  // namespace pupil::student
