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

/// The most triangles that go side by side.
inline constexpr std::int32_t kMostTriangles = 4;

/// Of a packed bank, in numbers.
struct MelBankSize {
  std::int32_t groups = 0;
  std::int32_t weights = 0;
  /// How many numbers past the last bin the mel sums may read, times 0; they must be finite.
  std::int32_t power_slack = 0;
};

/// `triangles` go side by side: 1, 2 or 4. Options must be valid.
MelBankSize mel_bank_size(const LogMelOptions& options, std::int32_t triangles) noexcept;

/// Packs the bank. Most of a triangle's weights are 0, so it holds the others alone: a frame costs two products
/// per FFT bin and not mel_count of them. Neighbouring triangles form a group; groups are as many as fill whole
/// fours, the last ones with empty triangles.
/// `groups`: per group the first bin of each triangle, then its number of vectors. `weights`: group by group,
/// per vector four neighbouring weights of each triangle; zeros where it has no more.
template <typename Real>
void build_mel_bank(const LogMelOptions& options, std::int32_t triangles, std::int32_t* groups,
                    Real* weights) noexcept;

}  // namespace pupil::edge
