// SPDX-License-Identifier: Apache-2.0
// What every generator gives: samples, and their number and power.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::synth {

/// Everything is made at this rate.
inline constexpr std::int32_t kRateHz = 32000;

/// Mono samples, full scale [-1, 1], at kRateHz.
using Samples = std::vector<float>;

/// How many samples `seconds` are, rounded to nearest.
inline std::int64_t sample_count(double seconds) {
  return static_cast<std::int64_t>(seconds * kRateHz + 0.5);
}

/// Mean of the squares; 0 for no samples.
double power(std::span<const float> samples);

/// Scales so that the root of the mean square is `rms`; silence stays.
void set_rms(std::span<float> samples, double rms);

/// Scales so that the loudest sample is `peak`; silence stays.
void set_peak(std::span<float> samples, double peak);

}  // namespace pupil::synth
