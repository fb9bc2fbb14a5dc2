// SPDX-License-Identifier: Apache-2.0
// Window attention in one pass per window and head, for processors with AVX-512. Called by
// window_attention().

#pragma once

#include <stdint.h>

#include "nn/row_norm.h"

namespace pupil::teacher {

/// Patches of a window (8 x 8), the only size that the kernel knows.
constexpr int64_t kWindowPatches = 64;

/// Whether this build and processor have it for heads of so many channels: a multiple of 4, at most 64.
bool has_window_kernel(int64_t head_channels);

/// One head of one window: mixed = softmax(scale q k^T + bias + mask) v.
struct WindowHead {
  const float* query;      ///< Of patch 0 of the image; patch p is at query + p * stride.
  const float* key;        ///< Likewise.
  const float* value;      ///< Likewise.
  int64_t stride;          ///< In floats.
  const int32_t* patches;  ///< [64], which patches of the image make the window.
  const float* bias;       ///< [64, 64]
  const float* mask;       ///< [64, 64] or null.
  float scale;
  int64_t channels;      ///< Of the head.
  nn::RowType type;      ///< Of the output.
  void* mixed;           ///< Of patch 0 of the image.
  int64_t mixed_stride;  ///< In elements.
};

void window_head(const WindowHead& head);

}  // namespace pupil::teacher
