// SPDX-License-Identifier: Apache-2.0
// Random numbers for sounds: the same on every machine and with every standard library. A stream of
// SplitMix64; fork() begins an independent one, so that what one part of a
// sound draws does not shift what another part draws.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/split_mix.h"

namespace pupil::synth {

/// Two draws in one expression or argument list come in an order that the compiler chooses: draw into named
/// values, or inside braces.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(split_mix(seed + kSplitMixStep)), origin_(state_) {}

  /// A stream of its own for `purpose` ("room") and `number`; independent of how much was drawn here.
  Random fork(std::string_view purpose, std::uint64_t number = 0) const {
    std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
    for (const char letter : purpose) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3U;
    return Random(split_mix(origin_ ^ hash) + split_mix(number * kSplitMixStep + 1));
  }

  std::uint64_t bits() { return split_mix(state_ += kSplitMixStep); }

  /// [0, 1)
  double uniform() { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }
  /// [low, high)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// White noise: [-1, 1), variance 1/3.
  double noise() { return static_cast<double>(static_cast<std::int64_t>(bits()) >> 11U) * 0x1.0p-52; }
  /// Mean 0, variance 1, within +-3.5: the sum of four uniform numbers, close to a Gaussian and without a
  /// libm.
  double normal() {
    double sum = 0;
    for (int i = 0; i < 4; ++i) sum += noise();
    return sum * 0.8660254037844386;
  }
  /// 0 to count - 1; count from 1.
  std::int64_t below(std::int64_t count) {
    return static_cast<std::int64_t>(uniform() * static_cast<double>(count));
  }
  /// low to high, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool chance(double probability) { return uniform() < probability; }

  /// One of `choices`, which is not empty.
  template <typename Choice, std::size_t Count>
  const Choice& pick(const std::array<Choice, Count>& choices) {
    return choices[static_cast<std::size_t>(below(static_cast<std::int64_t>(Count)))];
  }
  template <typename Choice>
  const Choice& pick(std::span<const Choice> choices) {
    return choices[static_cast<std::size_t>(below(static_cast<std::int64_t>(choices.size())))];
  }

 private:
  std::uint64_t state_;
  std::uint64_t origin_;
};

}  // namespace pupil::synth
