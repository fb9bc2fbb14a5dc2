// SPDX-License-Identifier: Apache-2.0
// The network's arithmetic in 16-bit floats, for processors that multiply them at twice the rate of 32-bit
// ones (AVX512-FP16). Numbers are IEEE half; a convolution's products are summed in half over at most 288
// terms, these sums and all else in float32. Called by half_map.cpp; nothing here allocates or throws.

#pragma once

#include <cstdint>

namespace pupil::separator {

/// The bits of an IEEE half.
using Half = std::uint16_t;

/// Channels go in blocks: counts of channels below are multiples of it.
inline constexpr long kHalfBlock = 32;

/// One input of a convolution. Pitches are in values.
struct HalfSegment {
  const Half* in = nullptr;  ///< first channel of the pixel under the kernel's upper left corner for column 0
  long row_pitch = 0;
  long pixel_pitch = 0;
  long channels = 0;
  long kernel = 1;                ///< 1 or 3, square
  const Half* weights = nullptr;  ///< packed, of the first channel of this input
  long weight_channels = 0;       ///< of all inputs that share these weights
};

inline constexpr int kHalfSegmentsMax = 3;

/// One row of a convolution over several inputs, whose results are summed.
struct HalfRow {
  HalfSegment segments[kHalfSegmentsMax];
  int segment_count = 0;
  const float* bias = nullptr;     ///< [channels]; null: none
  float slope = 1;                 ///< of the leaky relu behind; 1: none
  const Half* residual = nullptr;  ///< added at the end; null: none
  long residual_pixel_pitch = 0;
  Half* out = nullptr;
  long out_pixel_pitch = 0;
  long columns = 0;
  long channels = 0;
};

/// The functions of one instruction set.
struct HalfKernels {
  void (*convolve_row)(const HalfRow& row) noexcept;

  /// `weight` [out, in, kernel, kernel] float32 to the order that convolve_row reads, as many values: blocks
  /// of out, of in, taps, then [in, out] within the blocks.
  void (*pack_weights)(const float* weight, long out, long in, long kernel, Half* packed) noexcept;

  /// leaky_relu(in * scale + shift) for `pixel_count` pixels; scale, shift [channels]. Dense input.
  void (*activate)(const Half* in, const float* scale, const float* shift, float slope, long pixel_count,
                   long channels, Half* out, long out_pixel_pitch) noexcept;

  /// in[p] * weight + bias for `pixel_count` values to [pixel_count, channels].
  void (*lift)(const float* in, const float* weight, const float* bias, long pixel_count, long channels,
               Half* out) noexcept;

  /// Mean over fields of `rows` x `columns` pixels: one row of `out_columns` pixels from `rows` rows of the
  /// input.
  void (*average)(const Half* in, long row_pitch, long rows, long columns, long out_columns, long channels,
                  Half* out) noexcept;
};

/// Null where the processor has no such instructions, or this build no kernels for it.
const HalfKernels* half_kernels() noexcept;

}  // namespace pupil::separator
