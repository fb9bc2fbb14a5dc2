// SPDX-License-Identifier: Apache-2.0
// The number format in which a large network multiplies.

#pragma once

#include <string_view>

namespace pupil::nn {

enum class Precision {
  f32,
  /// bfloat16 factors, float32 sums: about twice as fast where the processor multiplies them (AVX512-BF16,
  /// AMX), embeddings within about 1 %.
  bf16,
};

/// "f32" or "bf16"; throws Error otherwise.
Precision read_precision(std::string_view name);

}  // namespace pupil::nn
