// SPDX-License-Identifier: Apache-2.0
// The power spectrum of one windowed frame: a real FFT of 512, 1024 or 2048 samples, without the phases.

#pragma once

#include <cstdint>

namespace pupil::edge {

/// True for the sizes below.
constexpr bool is_fft_size(std::int32_t fft_samples) noexcept {
  return fft_samples == 512 || fft_samples == 1024 || fft_samples == 2048;
}

/// Numbers that build_fft_table() writes.
std::int32_t fft_table_size(std::int32_t fft_samples) noexcept;
/// Numbers of scratch that power_spectrum() needs.
std::int32_t fft_work_size(std::int32_t fft_samples) noexcept;

/// Computes the factors of the transform; they depend on nothing but the size. Real: float or double.
template <typename Real>
void build_fft_table(std::int32_t fft_samples, Real* table) noexcept;

/// power[k] = |2 X[k]|^2, k = 0 .. fft_samples / 2, where X is the transform of samples * window; a window of
/// half the intended height therefore gives |X|^2 at no extra cost.
/// samples and window: [fft_samples]; work: [fft_work_size()]; power: [fft_samples / 2 + 1].
template <typename Real>
void power_spectrum(std::int32_t fft_samples, const Real* table, const float* samples, const Real* window,
                    Real* work, Real* power) noexcept;

}  // namespace pupil::edge
