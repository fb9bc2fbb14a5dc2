// SPDX-License-Identifier: Apache-2.0
// Matrix multiplication in IEEE half precision: y = x W^T + b with 16-bit factors and 32-bit sums, for
// processors with AVX512-FP16, where it is twice as fast as float32. Called by PackedLinear.
//
// Products are summed in half precision in chains of 48 and those sums in float32, so the
// error is about that of rounding the factors to bfloat16.

#pragma once

#include <stdint.h>

namespace pupil::nn {

/// What is done with a row of sums.
enum class HalfOutput {
  store_f32,   ///< y = sum
  add_f32,     ///< y += sum
  gelu_half,   ///< y = GELU(sum) as half, within 1e-4
  store_half,  ///< y = sum as half
};

struct HalfLinearShape {
  int64_t rows;
  int64_t in;
  int64_t out;
};

/// Columns of the output that are computed together: 48 where that divides `out`, else 32 (the last are
/// padded with zeros). Packed weights are halves, [panels, in / 2, panel, 2]: two factors of a column beside
/// each other.
constexpr int64_t half_panel(int64_t out) {
  return out % 48 == 0 ? 48 : 32;
}
constexpr int64_t half_panel_count(int64_t out) {
  return (out + half_panel(out) - 1) / half_panel(out);
}

/// Whether this build and processor have it; the functions below must not be called otherwise.
bool has_half_linear();

/// `weight` is [out, in] float32, `in` even; `packed` has room for half_panel_count * half_panel * in halves.
void pack_half_weights(const float* weight, HalfLinearShape shape, uint16_t* packed);

/// Rows [first_row, last_row) of panels [first_panel, last_panel) of the result. `x` is [rows, in] halves,
/// `in` even, y [rows, out] floats or halves; `bias` may be null.
void half_linear(const uint16_t* x, const uint16_t* packed, const float* bias, HalfLinearShape shape,
                 int64_t first_row, int64_t last_row, int64_t first_panel, int64_t last_panel,
                 HalfOutput output, void* y);

}  // namespace pupil::nn
