// SPDX-License-Identifier: Apache-2.0
// Arithmetic on activation maps: tensors [T, F, C], channels innermost and dense, which oneDNN reads as they
// lie. Used by the blocks of the network. float32 and bfloat16; of 16-bit IEEE floats see half_map.h.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace pupil::separator {

/// A batch norm in evaluation form: x * scale + shift, [C] each, float32.
struct Affine {
  at::Tensor scale;
  at::Tensor shift;
};

inline constexpr double kLeakySlope = 0.01;

/// leaky_relu(x * scale + shift) of `parts` laid side by side along C, with `zero_rows_before` and
/// `zero_rows_after` rows of zeros around: a convolution's input. [T + zeros, F, sum of C], dtype of the
/// parts.
at::Tensor activate(std::span<const at::Tensor> parts, const Affine& norm, std::int64_t zero_rows_before,
                    std::int64_t zero_rows_after);

/// A convolution's weights [C', C, k, k] as maps of `dtype` want them: channels innermost; packed for
/// at::kHalf (half_map.h).
at::Tensor lay_out_weights(const at::Tensor& weight, at::ScalarType dtype);

/// Convolution of `map` [T, F, C] with `weight` [C', C, k, k], `bias` [C'] or undefined. Along F the edges
/// are filled with zeros; along T they are not: k - 1 rows fewer come out.
at::Tensor convolve(const at::Tensor& map, const at::Tensor& weight, const at::Tensor& bias);

/// Mean over fields of `rows` x `columns`.
at::Tensor average_pool(const at::Tensor& map, std::int64_t rows, std::int64_t columns);

/// Transposed convolution whose stride is its kernel, rows x columns, as a convolution with k = 1 to rows *
/// columns * `channels` (`weight` [that, C, 1, 1]) whose outputs are then laid out as fields of rows x
/// columns.
at::Tensor upsample(const at::Tensor& map, const at::Tensor& weight, std::int64_t channels, std::int64_t rows,
                    std::int64_t columns);

}  // namespace pupil::separator
