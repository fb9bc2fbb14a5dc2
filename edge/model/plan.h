// SPDX-License-Identifier: Apache-2.0
// Where each part of a network is in the caller's arena. Computed twice from the same model: to tell how many
// bytes are needed, and to place the parts (engine.cpp).
//
// The time axis is processed in steps of a few frames. A tensor keeps in memory the rows that a step computes
// and the older rows that a later step still reads (a kernel's history, a skip connection's crop), nothing
// else. That is why streams and whole windows share their code, and why the arena is small.
//
// 1. A step brings at most step_frames frames, a multiple of the model's time stride.
// 2. Tensor i gains at most ceil(step_frames / time_stride_i) rows in a step.
// 3. After a step it keeps at most history_rows of them; a tensor with none is transient: it shares one of
//    two buffers with every other transient tensor of the same parity.
// 4. Columns of padding on either side of a row hold the zero point and are never written.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "model/format.h"
#include "pupil/edge/model.h"

namespace pupil::edge {

struct TensorPlan {
  std::int64_t offset = 0;  // in the arena: first byte of row 0's left padding
  std::int64_t row_bytes = 0;
  std::int32_t left_columns = 0;
  std::int32_t right_columns = 0;
  std::int32_t bins = 0;
  std::int32_t channels = 0;
  std::int32_t zero_point = 0;
  std::int32_t history_rows = 0;
  std::int32_t capacity_rows = 0;
};

struct LayerPlan {
  LayerInfo info;
  std::int64_t packed_offset = 0;
};

struct Plan {
  std::int32_t layer_count = 0;
  std::int32_t pool_layer = 0;  // the mean_tf layer
  std::int32_t pool_rows = 0;   // rows that a window averages
  std::int32_t step_frames = 0;
  std::array<LayerPlan, format::kMaxLayers> layers;
  std::array<TensorPlan, format::kMaxLayers + 1> tensors;
  std::int64_t layers_offset = 0;
  std::int64_t tensors_offset = 0;
  std::int64_t pool_ring_offset = 0;   // int32 [pool_rows, C]
  std::int64_t pool_total_offset = 0;  // int32 [C]
  std::int64_t sums_offset = 0;        // int32 [max(K, widest C)]
  std::int64_t logits_offset = 0;      // float [K]
  std::int64_t scratch_offset = 0;
  std::int64_t total_bytes = 0;  // from a 64-byte aligned base
};

/// `layer_bytes` and `tensor_bytes`: sizes of the engine's own records. False if the arena would exceed 64
/// MiB.
bool make_plan(const Model& model, const kernels::Table& table, std::int32_t step_frames,
               std::size_t layer_bytes, std::size_t tensor_bytes, Plan* plan) noexcept;

/// The number of frames per step that runs a whole window fastest: at most what the table says, in whole time
/// strides.
std::int32_t window_step_frames(const Model& model, const kernels::Table& table) noexcept;

kernels::ConvShape conv_shape(const LayerInfo& info) noexcept;
kernels::DepthwiseShape depthwise_shape(const LayerInfo& info) noexcept;

}  // namespace pupil::edge
