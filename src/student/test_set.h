// SPDX-License-Identifier: Apache-2.0
// A training set of synthetic sounds for tests, and a short training on it: class 0 low tones, 1 high tones, 2 noise; half a second per
// window.

#pragma once

#include <cmath>
#include <filesystem>
#include <functional>
#include <string>

#include "base/counter_random.h"
#include "base/error.h"
#include "project/project_file.h"
#include "student/training_set.h"

namespace pupil::student {

/// What an Error that leaves `work` says; empty: none does.
inline std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

struct TestSetOptions {
  int clips_per_class = 8;
  int missing_class = -1;  ///< gets no accepted windows
  std::string configuration = R"({"made":"up"})";
};

inline std::vector<float> test_sound(int k, CounterRandom& random, int length) {
  const double frequency = k == 0 ? random.uniform(200, 500) : random.uniform(2000, 4000);
  std::vector<float> sound;
  for (int n = 0; n < length; ++n) {
    const double tone = std::sin(2 * M_PI * frequency * n / kTrainingRateHz);
    const double value = k == 2 ? random.normal() : tone;
    sound.push_back(static_cast<float>(0.2 * value + 0.01 * random.normal()));
  }
  return sound;
}

/// Clips of 1 s with two windows each; every fourth clip is validation, every fifth test. Soft targets say
/// the class with 0.9, the embedding its number in four values.
inline TrainingSet make_test_set(const std::filesystem::path& path, const TestSetOptions& options = {}) {
  TrainingSetDraft draft;
  draft.configuration = options.configuration;
  draft.class_names = {"low", "high", "noise"};
  draft.reported_class_count = 3;
  draft.window_samples = kTrainingRateHz / 2;
  TrainingSetWriter writer(path);
  for (int i = 0; i < 3 * options.clips_per_class; ++i) {
    CounterRandom random(5, 0, 0, i);
    const int k = i % 3;
    TrainingClip clip;
    clip.recording = i;
    clip.split = i % 5 == 4 ? SetSplit::test : i % 4 == 3 ? SetSplit::val : SetSplit::train;
    clip.first_sample = writer.append(test_sound(k, random, kTrainingRateHz));
    clip.sample_count = kTrainingRateHz;
    for (int w = 0; w < 2; ++w) {
      const auto verdict = k == options.missing_class ? SetVerdict::doubtful : SetVerdict::accepted;
      draft.windows.push_back({i, w * kTrainingRateHz / 2, verdict, k, k, 20.0F});
      for (int c = 0; c < 3; ++c) draft.soft.push_back(c == k ? 0.9F : 0.05F);
      for (int e = 0; e < 4; ++e) draft.embedding.push_back(static_cast<float>(k == e));
    }
    draft.clips.push_back(clip);
  }
  writer.finish(draft);
  return TrainingSet::open(path);
}

/// A training of seconds on such a set.
inline TrainSection short_training() {
  TrainSection train;
  train.blocks = {"conv 8 k3x3 s2x2", "inverted 8 x2", "separable 16 s2x2"};
  train.mel_count = 16;
  train.epochs = 12;
  train.batch = 8;
  train.threads = 2;
  train.embedding = 0.5;
  train.learning_rate = 0.01;
  train.device = "cpu";
  train.quantise_epochs = 0.25;
  return train;
}

}  // namespace pupil::student
