// SPDX-License-Identifier: Apache-2.0
// One batch of a tagger's fine-tuning: examples of the project, changed anew each time.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/counter_random.h"
#include "pretrain/tagger_examples.h"

namespace pupil::pretrain {

struct TaggerBatchOptions {
  std::int64_t example_count = 16;
  std::uint64_t seed = 1;
  double mixup = 0.5;  ///< probability that an example is mixed with another, with their targets
  double gain_db = 8;  ///< examples are made louder or softer by up to so much
};

struct TaggerBatchItem {
  std::vector<float> samples;  ///< full scale [-1, 1], at most 10 s: what the network was trained on first
  std::vector<float> target;   ///< [K]; the share of what is none of the classes is missing from its sum
};

/// Threads: const functions may be called from several.
class TaggerBatches {
 public:
  /// `examples` must outlive this.
  TaggerBatches(const TaggerExamples& examples, const TaggerBatchOptions& options);

  /// The batch of a step, the same whenever it is drawn. Classes are drawn alike, then one of the examples that most
  /// likely are it; what is none of them is a class here.
  std::vector<TaggerBatchItem> draw(std::int64_t step) const;

 private:
  const TaggerExample& pick(CounterRandom& random) const;
  TaggerBatchItem item(CounterRandom& random) const;

  const TaggerExamples& examples_;
  const TaggerBatchOptions options_;
  std::vector<std::vector<std::size_t>> by_class_;  // of the classes that have any
};

/// Full scale [-1, 1].
std::vector<float> float_samples(std::span<const std::int16_t> samples);

/// Of a target: its first class, or -1 where it is none.
std::int64_t first_class(std::span<const float> target);

}  // namespace pupil::pretrain
