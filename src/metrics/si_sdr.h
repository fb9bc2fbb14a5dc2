// SPDX-License-Identifier: Apache-2.0
// How close an estimated sound is to the true one: signal-to-distortion ratios. For separators.

#pragma once

#include <span>

namespace pupil::metrics {

/// SDR = 10 log10(|s|^2 / |s - e|^2) in dB, s the truth and e the estimate [L]: a wrong level counts as
/// distortion. +infinity where they are equal, -infinity for a silent truth, NaN where both are silent.
/// std::invalid_argument: lengths differ, or a NaN.
double sdr_db(std::span<const float> truth, std::span<const float> estimate);

/// Scale-invariant SDR (Le Roux et al., "SDR - half-baked or well done?", 2019): the truth is scaled to be
/// nearest to the estimate first, a = <e, s> / |s|^2, and SI-SDR = 10 log10(|a s|^2 / |a s - e|^2). No mean
/// is taken off. -infinity for a silent estimate or one that has nothing of the truth; NaN for a silent
/// truth. std::invalid_argument: as above.
double si_sdr_db(std::span<const float> truth, std::span<const float> estimate);

}  // namespace pupil::metrics
