// SPDX-License-Identifier: Apache-2.0
// For tests: what a sound's samples are like.

#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

#include "synth/samples.h"

namespace pupil::synth {

/// FNV-1a over the bits of the samples.
inline std::uint64_t hash_of(std::span<const float> samples) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const float sample : samples) {
    const auto bits = std::bit_cast<std::uint32_t>(sample);
    for (int shift = 0; shift < 32; shift += 8) hash = (hash ^ (bits >> shift & 0xFFU)) * 0x100000001B3U;
  }
  return hash;
}

inline double peak_of(std::span<const float> samples) {
  double top = 0;
  for (const float sample : samples) {
    if (!std::isfinite(sample)) return INFINITY;
    top = std::max(top, std::abs(double{sample}));
  }
  return top;
}

/// Power of the component at `hz` (Goertzel).
inline double power_at(std::span<const float> samples, double hz) {
  const double c = 2 * std::cos(2 * 3.14159265358979 * hz / kRateHz);
  double a = 0, b = 0;
  for (const float sample : samples) {
    const double next = sample + c * a - b;
    b = a;
    a = next;
  }
  return a * a + b * b - c * a * b;
}

}  // namespace pupil::synth
