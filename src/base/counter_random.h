// SPDX-License-Identifier: Apache-2.0
// Random numbers by counting: the n-th draw of a key is a function of both, so that what is drawn for an item
// depends neither on the order of work nor on the number of threads, and a resumed training draws the same.

#pragma once

#include <cmath>
#include <cstdint>

#include "base/split_mix.h"

namespace pupil {

/// The first output of SplitMix64 begun at `z`.
constexpr std::uint64_t mix_bits(std::uint64_t z) {
  return split_mix(z + kSplitMixStep);
}

/// The draws of one key: (seed, what for, step, item).
class CounterRandom {
 public:
  CounterRandom(std::uint64_t seed, std::uint64_t purpose, std::uint64_t step, std::uint64_t item)
      : key_(mix_bits(mix_bits(mix_bits(mix_bits(seed) ^ purpose) ^ step) ^ item)) {}

  std::uint64_t bits() { return mix_bits(key_ + 0xD1342543DE82EF95U * ++count_); }

  /// [0, 1)
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  /// [low, high)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// 0 to count - 1
  std::int64_t below(std::int64_t count) {
    return static_cast<std::int64_t>(uniform() * static_cast<double>(count));
  }
  bool chance(double probability) { return uniform() < probability; }
  /// Mean 0, variance 1.
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }
  /// Beta(a, a), 0 < a <= 2, by Jöhnk's method (it rejects more often the larger a is).
  double symmetric_beta(double a) {
    for (int i = 0; i < 100; ++i) {
      const double x = std::pow(uniform(), 1.0 / a);
      const double y = std::pow(uniform(), 1.0 / a);
      if (x + y > 0 && x + y <= 1.0) return x / (x + y);
    }
    return 0.5;
  }

 private:
  std::uint64_t key_;
  std::uint64_t count_ = 0;
};

}  // namespace pupil
