// SPDX-License-Identifier: Apache-2.0
// Makes one batch: the work of a loader's thread (batch_loader.h).

#pragma once

#include "base/counter_random.h"
#include "student/batch_division.h"
#include "student/batch_loader.h"

namespace pupil::student {

/// Threads: one at a time per object.
class BatchMaker {
 public:
  BatchMaker(const TrainingSet& set, const WindowSampler& sampler, const BatchLoader::Options& options);

  /// The batch of a step, the same whenever and wherever it is made; of several processes' batch the own windows, which
  /// finish() completes.
  Batch make(std::int64_t step);

  /// Mixes styles and masks frames of the own windows, once the others' statistics are there.
  void finish(Batch* batch) const;

 private:
  void augment_window(std::int64_t window, CounterRandom& random, std::span<float> audio);
  void make_item(std::int64_t step, std::int64_t item, Batch* batch);
  void add_place_noise(CounterRandom& random);
  void add_microphone(std::int64_t step, std::int64_t item, CounterRandom& random);
  void add_targets(std::int64_t window, float share, std::int64_t item, Batch* batch) const;
  void measure_style(std::size_t item, Batch* batch) const;
  void mix_style(std::size_t item, Batch* batch) const;
  void mask(Batch* batch, std::int64_t item, CounterRandom& random) const;

  const TrainingSet& set_;
  const WindowSampler& sampler_;
  const BatchLoader::Options& options_;
  const BatchDivision division_;
  FrontEnd front_end_;
  std::int32_t frames_;
  std::vector<std::int64_t> background_;
  std::vector<float> audio_, other_;
};

}  // namespace pupil::student
