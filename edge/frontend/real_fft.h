// SPDX-License-Identifier: Apache-2.0
// Memory and factors of a frame's real FFT of 512, 1024 or 2048 samples; frame_steps.h has the transform and
// the order of the table.

#pragma once

#include <cstdint>

namespace pupil::edge {

/// True for the sizes below.
constexpr bool is_fft_size(std::int32_t fft_samples) noexcept {
  return fft_samples == 512 || fft_samples == 1024 || fft_samples == 2048;
}

/// Numbers that build_fft_table() writes.
std::int32_t fft_table_size(std::int32_t fft_samples) noexcept;
/// Numbers of scratch that a frame's power spectrum needs.
std::int32_t fft_work_size(std::int32_t fft_samples) noexcept;

/// Computes the factors of the transform; they depend on nothing but the size. Real: float or double.
template <typename Real>
void build_fft_table(std::int32_t fft_samples, Real* table) noexcept;

}  // namespace pupil::edge
