// SPDX-License-Identifier: Apache-2.0
// From windows to batches: chooses items, augments their sound, mixes, runs the one front end, augments
// features. Threads of its own work ahead of the training; what a step gets depends on seed and step alone.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/counter_random.h"
#include "project/project_file.h"
#include "pupil/edge/log_mel.h"
#include "student/batch_division.h"
#include "student/impulse_responses.h"
#include "student/training_set.h"

namespace pupil::student {

/// The front end that [train] asks for, at kTrainingRateHz. Error: options that it refuses.
edge::LogMelOptions front_end_options(const TrainSection& train);

/// Per mel bin: value = (frame - mean) / deviation is what the network sees.
struct FeatureScale {
  std::vector<float> mean;       ///< [F]
  std::vector<float> deviation;  ///< [F], positive
};

/// Frames of one stretch of audio, [T, F], from the one front end. Threads: one at a time per object.
class FrontEnd {
 public:
  explicit FrontEnd(const edge::LogMelOptions& options);
  /// T for so many samples.
  std::int32_t frame_count(std::int64_t sample_count) const;
  /// `frames` [frame_count(audio.size()), F].
  void run(std::span<const float> audio, std::span<float> frames);

 private:
  std::vector<std::byte> memory_;
  edge::LogMel log_mel_;
};

/// Measured over the set's training windows (some thousands of them, evenly chosen).
FeatureScale measure_scale(const TrainingSet& set, const edge::LogMelOptions& front_end);

/// What one step learns from. Row-major.
struct Batch {
  std::int64_t step = 0;
  std::int64_t count = 0;        ///< B
  std::vector<float> features;   ///< [B, T, F], scaled and augmented
  std::vector<float> hard;       ///< [B, K]: mixed one-hot labels; a row of zeros has no label
  std::vector<float> soft;       ///< [B, K]: mixed soft targets, softened by the temperature
  std::vector<float> embedding;  ///< [B, E], mixed; empty when it is not learned
  std::vector<float> audio;      ///< [B, L], as the front end got it; only when asked for
  /// [B, F] each: of every window's mel bins over time, before styles are mixed.
  std::vector<float> style_mean, style_deviation;
};

/// Which windows are learned, and how often: a class c with n windows is drawn with the probability n^(1 -
/// balance).
class WindowSampler {
 public:
  /// The windows of is_learned(). Error: require_learnable().
  WindowSampler(const TrainingSet& set, const TrainSection& train);

  /// Windows in one epoch.
  std::int64_t window_count() const { return window_count_; }
  /// The window for a position in the whole training.
  std::int64_t draw(CounterRandom& random) const;
  /// The class that a window teaches, -1 for none.
  std::int32_t label(std::int64_t window) const;

 private:
  const TrainingSet set_;
  const TrainSection train_;
  std::int64_t window_count_ = 0;
  std::vector<std::vector<std::int64_t>> members_;  // per class; the last are those without one
  std::vector<double> cumulative_;                  // of the classes' probabilities
};

/// Makes batches 0, 1, 2... on `thread_count` threads, at most some batches ahead.
class BatchLoader {
 public:
  struct Options {
    TrainSection train;
    edge::LogMelOptions front_end;
    FeatureScale scale;
    bool keep_audio = false;
    bool augment = true;
    std::int32_t thread_count = 1;
    std::int64_t first_step = 0;  ///< where a resumed training goes on
    ImpulseResponses responses;   ///< of [train] impulse_responses; may be empty
    /// Where several processes train together, each makes its own windows (BatchDivision); `audio` and `features` have no
    /// others, all else is exchanged. Null: alone.
    training::ProcessGroup* group = nullptr;
  };

  BatchLoader(const TrainingSet& set, std::shared_ptr<const WindowSampler> sampler, Options options);
  /// Stops the threads.
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  /// The next batch in order; waits for it, and for the other processes. Errors of the threads come out here.
  Batch next();

  /// Which part of a batch is made here.
  BatchDivision division() const;

  /// Seconds that next() has waited so far: 0 means that loading was never the bottleneck.
  double waited_s() const;

 private:
  class Workers;
  std::unique_ptr<Workers> workers_;
};

}  // namespace pupil::student
