// SPDX-License-Identifier: Apache-2.0
// Random numbers as a pure function of a seed and a counter: the same on every machine and with every
// standard library, in any order of asking. The numbers are those of SplitMix64, whose n-th output needs no
// state but n.

#pragma once

#include <cstdint>

#include "base/split_mix.h"

namespace pupil::metrics {

/// Output number `counter` (from 0) of SplitMix64 begun at `seed`; all 64 bits are good.
constexpr std::uint64_t counter_random(std::uint64_t seed, std::uint64_t counter) {
  return split_mix(seed + (counter + 1) * kSplitMixStep);
}

/// One of 0 .. count - 1, count from 1 to 2^32 - 1; uneven by at most count / 2^32.
constexpr std::uint32_t counter_index(std::uint64_t seed, std::uint64_t counter, std::uint32_t count) {
  return static_cast<std::uint32_t>(((counter_random(seed, counter) >> 32U) * count) >> 32U);
}

}  // namespace pupil::metrics
