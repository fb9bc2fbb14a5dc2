// The power spectrum of one windowed frame: a real FFT of 512, 1024 or 2048 samples, without the phases.

#pragma once

#include <cstdint>

namespace pupil::edge {

/// True for the sizes below.
constexpr bool is_fft_size(std::int32_t fft_samples) noexcept {
  return fft_samples == 512 || fft_samples == 1024 || fft_samples == 2048;
}

/// Floats that build_fft_table() writes.
std::int32_t fft_table_floats(std::int32_t fft_samples) noexcept;
/// Floats of scratch that power_spectrum() needs.
std::int32_t fft_work_floats(std::int32_t fft_samples) noexcept;

/// Computes the factors of the transform; they depend on nothing but the size.
void build_fft_table(std::int32_t fft_samples, float* table) noexcept;

/// power[k] = |2 X[k]|^2, k = 0 .. fft_samples / 2, where X is the transform of samples * window; a window of
/// half the wished height therefore gives plain |X|^2 at no cost.
/// samples and window: [fft_samples]; work: [fft_work_floats()]; power: [fft_samples / 2 + 1].
void power_spectrum(std::int32_t fft_samples, const float* table, const float* samples, const float* window,
                    float* work, float* power) noexcept;

}  // namespace pupil::edge
