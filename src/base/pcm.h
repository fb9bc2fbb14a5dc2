// SPDX-License-Identifier: Apache-2.0
// Samples of 16 bits and of full scale [-1, 1].

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace pupil {

/// Exact.
inline float pcm_to_float(std::int16_t sample) {
  return static_cast<float>(sample) * (1.0F / 32768.0F);
}

/// The nearest; what is beyond full scale is cut off.
inline std::int16_t float_to_pcm(float sample) {
  return static_cast<std::int16_t>(std::lround(std::clamp(sample * 32768.0F, -32768.0F, 32767.0F)));
}

}  // namespace pupil
