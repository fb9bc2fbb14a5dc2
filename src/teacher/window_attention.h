// SPDX-License-Identifier: Apache-2.0
// Attention within the windows of a square of patches, shifted in every second block (Swin). Called by Htsat.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace pupil::teacher {

/// What the windows of one block look like; made once when the model is loaded.
struct WindowLayout {
  std::int64_t side = 0;    ///< Patches a side of the whole square.
  std::int64_t window = 0;  ///< Patches a side of a window; divides `side`.
  std::int64_t shift = 0;   ///< The square is rolled by so much towards its origin before it is cut.
  std::int64_t heads = 0;
  /// Added to the scores of every window, [heads, window^2, window^2].
  at::Tensor bias;
  /// Which patches of the square make each window, int32 [windows, window^2].
  at::Tensor patches;
  /// Added as well when shift > 0: -100 between patches that the rolling brought together,
  /// [windows, window^2, window^2]. Undefined without shift.
  at::Tensor mask;
};

/// [B, side, side, C] to [B, windows, window^2, C].
at::Tensor cut_windows(const at::Tensor& x, std::int64_t window);

/// The inverse of cut_windows().
at::Tensor join_windows(const at::Tensor& x, std::int64_t side, std::int64_t window);

/// For each pair of patches of a window the row of the bias table, int64 [window^2, window^2].
at::Tensor relative_position_index(std::int64_t window);

/// `bias_table` is [(2 window - 1)^2, heads].
WindowLayout make_window_layout(std::int64_t side, std::int64_t window, std::int64_t shift,
                                const at::Tensor& bias_table);

/// `query_key_value` is float32 [B, side^2, 3 C], head by head within each third; returns [B, side^2, C] of
/// the type `out`. Where the processor has it through window_kernel.h, else as reference_window_attention().
at::Tensor window_attention(const at::Tensor& query_key_value, const WindowLayout& layout,
                            at::ScalarType out = at::kFloat);

/// The same, written with libtorch's operations: says what is computed.
at::Tensor reference_window_attention(const at::Tensor& query_key_value, const WindowLayout& layout);

}  // namespace pupil::teacher
