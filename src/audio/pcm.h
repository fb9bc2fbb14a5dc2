// SPDX-License-Identifier: Apache-2.0
// Float samples to integers, the one rounding of the writers.

#pragma once

#include <cmath>
#include <cstdint>

namespace pupil::audio {

struct Quantised {
  std::int32_t value;
  bool clipped;
};

/// `sample` (full scale [-1, 1]) as an integer of `bits` bits: nearest, halves to even, no dither. Beyond the
/// range it is clipped; +1 itself is one step beyond and becomes the largest value without counting as
/// clipped. NaN: 0.
inline Quantised quantise(float sample, std::int32_t bits) {
  const auto scale = static_cast<float>(1 << (bits - 1));
  if (std::isnan(sample)) return {0, false};
  const float scaled = std::nearbyint(sample * scale);
  if (scaled >= scale) return {(1 << (bits - 1)) - 1, sample > 1.0F};
  if (scaled < -scale) return {-(1 << (bits - 1)), true};
  return {static_cast<std::int32_t>(scaled), false};
}

}  // namespace pupil::audio
