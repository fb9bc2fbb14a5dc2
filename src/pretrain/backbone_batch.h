// SPDX-License-Identifier: Apache-2.0
// One batch of a backbone's training: examples, mixed and changed anew each time, and what the teacher scored.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "base/counter_random.h"
#include "pretrain/example_pool.h"
#include "student/batch_loader.h"

namespace pupil::pretrain {

struct BackboneBatchOptions {
  std::int64_t example_count = 64;
  std::uint64_t seed = 1;
  double mix = 0.5;        ///< probability that an example is mixed with another, in power, with its targets
  double gain_db = 8;      ///< examples are made louder or softer by up to so much
  double tilt_db = 6;      ///< and the highest mel bins against the lowest by twice as much
  double mixstyle = 0.3;   ///< probability that an example takes over spectral statistics of another, in part
  double mask_time = 0.1;  ///< up to this share of the frames is blanked, twice
  double mask_mel = 0.12;  ///< up to this share of the mel bins is blanked, twice
};

struct BackboneBatch {
  at::Tensor features;       ///< [B, T, F], scaled: what the network sees
  at::Tensor embedding;      ///< [B, E], the teacher's, standardised per value
  at::Tensor probabilities;  ///< [B, K], the teacher's, one sigmoid per class
};

/// Batches from a pool of natural-log mel frames. Threads: one at a time per object.
class BackboneBatches {
 public:
  /// Measures scale and the embedding's mean and deviation on the pool's first examples. `pool` must have a
  /// tagger's scores and outlive this object.
  BackboneBatches(const ExamplePool& pool, const BackboneBatchOptions& options);

  /// The batch of a step, a function of seed and step alone.
  BackboneBatch draw(std::int64_t step) const;
  /// Examples first .. first + count - 1 of `pool` (it may be another one) as they are, in the scale of this
  /// one.
  BackboneBatch plain(const ExamplePool& pool, std::int64_t first, std::int64_t count) const;

  const student::FeatureScale& scale() const { return scale_; }
  const BackboneBatchOptions& options() const { return options_; }
  std::int64_t embedding_size() const { return embedding_mean_.numel(); }
  /// The mean probability of every class, [K].
  const at::Tensor& class_means() const { return class_means_; }

 private:
  struct Item;
  Item item(const ExamplePool& pool, std::int64_t example) const;
  void mix(Item& item, const Item& other, CounterRandom& random) const;
  void change_level(Item& item, CounterRandom& random) const;
  void scale(std::span<float> frames) const;
  void mix_styles(at::Tensor& features, std::int64_t step) const;
  void mask(std::span<float> frames, CounterRandom& random) const;
  BackboneBatch collate(const std::vector<Item>& items) const;

  const ExamplePool& pool_;
  const BackboneBatchOptions options_;
  student::FeatureScale scale_;
  at::Tensor embedding_mean_, embedding_deviation_, class_means_;
};

}  // namespace pupil::pretrain
