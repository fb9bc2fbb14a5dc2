// SPDX-License-Identifier: Apache-2.0
// Layer norm over rows, for processors with AVX-512: one pass from float32 to the type that the next
// multiplication wants. Called by PackedNorm in the networks; at::layer_norm does the same in two.

#pragma once

#include <stdint.h>

namespace pupil::nn {

enum class RowType { f32, bf16, half };

/// Whether this build and processor have it.
bool has_row_norm();

/// y[r] = (x[r] - mean) / sqrt(variance + eps) * weight + bias for each row of `columns` floats.
void row_norm(const float* x, int64_t rows, int64_t columns, const float* weight, const float* bias,
              float eps, RowType type, void* y);

}  // namespace pupil::nn
