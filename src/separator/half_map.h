// SPDX-License-Identifier: Apache-2.0
// Activation maps of 16-bit floats: what activation_map.h does, through half_kernels.h. Maps are [T, F, C],
// at::kHalf, dense, on the CPU; channel counts are multiples of kHalfBlock. Only where half_kernels() is not
// null.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "separator/activation_map.h"

namespace pupil::separator {

/// A convolution's weights [C', C, k, k] in the kernels' order, as a flat tensor; C' is filled up with zeros
/// to a multiple of kHalfBlock.
at::Tensor pack_half(const at::Tensor& weight);

/// As activate(), with `zero_columns` columns of zeros on either side in addition: [T + zeros, F + zeros, C].
at::Tensor activate_half(std::span<const at::Tensor> parts, const Affine& norm, std::int64_t zero_rows_before,
                         std::int64_t zero_rows_after, std::int64_t zero_columns);

/// leaky_relu(3x3 convolution + bias) of a map with zeros around [T, F + 2, C]; again with a column of zeros
/// on either side: [T - 2, F + 2, C'].
at::Tensor convolve_half(const at::Tensor& map, const at::Tensor& packed, const at::Tensor& bias);

/// The end of a block: 3x3 convolution of `map` [T + 2, F + 2, C'], plus `parts` rows [first_row, first_row +
/// T) through the packed 1x1 `shortcut` with `shortcut_bias`, or, where that is undefined, as they are. [T,
/// F, C'].
at::Tensor convolve_half_onto(const at::Tensor& map, const at::Tensor& packed,
                              std::span<const at::Tensor> parts, std::int64_t first_row,
                              const at::Tensor& shortcut, const at::Tensor& shortcut_bias);

/// 1x1 convolution to `channels`, each output field of rows x columns from one pixel (1 x 1: an ordinary
/// one). `packed` holds the weights of the field's pixels in order.
at::Tensor upsample_half(const at::Tensor& map, const at::Tensor& packed, const at::Tensor& bias,
                         std::int64_t channels, std::int64_t rows, std::int64_t columns);

at::Tensor average_pool_half(const at::Tensor& map, std::int64_t rows, std::int64_t columns);

/// bins [T, F] float32 times weight [C] plus bias [C].
at::Tensor lift_half(const at::Tensor& bins, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace pupil::separator
