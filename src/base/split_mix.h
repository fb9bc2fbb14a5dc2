// SPDX-License-Identifier: Apache-2.0
// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): the mixing
// function that all our random numbers are made with, the same on every machine and with every standard
// library.

#pragma once

#include <cstdint>

namespace pupil {

/// What a SplitMix64 stream's state grows by before each output: 2^64 over the golden ratio, odd.
inline constexpr std::uint64_t kSplitMixStep = 0x9E3779B97F4A7C15U;

/// The finaliser: every bit of the input moves every bit of the output; a bijection.
constexpr std::uint64_t split_mix(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

}  // namespace pupil
