// SPDX-License-Identifier: Apache-2.0
// The mel triangles: their corners in double precision, and the packed bank that a frame's
// power is multiplied with.

#pragma once

#include <cstddef>
#include <cstdint>

#include "pupil/edge/log_mel.h"

namespace pupil::edge {

/// One triangle's corners, on the axis where its sides are straight: Hz, or mel for MelScale::kaldi.
struct MelTriangle {
  double lower;
  double centre;
  double upper;
  double height;
};

MelTriangle mel_triangle(const LogMelOptions& options, std::int32_t mel) noexcept;

/// The triangle's height over an FFT bin.
double mel_weight(const LogMelOptions& options, const MelTriangle& triangle, std::int32_t bin) noexcept;

/// Bytes of a packed bank; for all options of the same mel_count, fft_samples and precision the same.
std::size_t mel_bank_bytes(const LogMelOptions& options) noexcept;

/// How many numbers mel_power() reads after the last bin; they must be finite.
inline constexpr std::int32_t kPowerSlack = 4;

/// Packs the bank. `bank`: mel_bank_bytes(), aligned for Real, which options.precision names: float or
/// double.
template <typename Real>
void build_mel_bank(const LogMelOptions& options, std::byte* bank) noexcept;

/// mel[i] = sum of weight * power over the bins of triangle i, in a fixed order: four partial sums, bin by
/// bin from the triangle's first, then (0 + 1) + (2 + 3). Writes mel_count values, rounded up to a multiple
/// of four.
template <typename Real>
void mel_power(std::int32_t mel_count, const std::byte* bank, const Real* power, float* mel) noexcept;

}  // namespace pupil::edge
