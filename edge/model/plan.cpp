// SPDX-License-Identifier: Apache-2.0
// Four passes over the layers: shapes (what a step adds to each tensor), readers (padding and history that
// the layers after it need), layers (packed weights, scratch), tensors (offsets). plan.h has the rules.
//
// Why two shared buffers are enough: layer i reads tensor i and writes tensor i + 1, of the other parity. A
// tensor that any other layer reads (a skip connection), that keeps rows for the next step, or whose padding
// must stay as it is, has a buffer of its own.

#include "model/plan.h"

#include <algorithm>

#include "frontend/carving.h"
#include "model/model_access.h"
#include "model/shapes.h"

namespace pupil::edge {

namespace {

// Far above any network for a device; it keeps a hostile file from asking for more than offsets can hold.
constexpr std::int64_t kMaxArenaBytes = std::int64_t{64} << 20;

/// Hands out offsets from the front to the back.
class Cursor {
 public:
  std::int64_t take(std::int64_t bytes) {
    const std::int64_t offset = used_;
    used_ += static_cast<std::int64_t>(whole_lines(static_cast<std::size_t>(bytes)));
    return offset;
  }
  std::int64_t used() const { return used_; }

 private:
  std::int64_t used_ = 0;
};

bool slides(const LayerInfo& info) {
  return info.kind == LayerKind::conv || info.kind == LayerKind::depthwise;
}

void plan_shapes(const Model& model, Plan* plan) {
  Shapes shapes;
  shapes.tensors[0] = ModelAccess::input_shape(model);
  for (std::int32_t i = 0; i <= plan->layer_count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    if (i < plan->layer_count) {
      LayerInfo& info = plan->layers[index].info;
      (void)advance(ModelAccess::layer(model, i), i, &shapes, &info);
      if (info.kind == LayerKind::mean_tf) plan->pool_layer = i;
    }
    const TensorShape& shape = shapes.tensors[index];
    TensorPlan& tensor = plan->tensors[index];
    tensor.bins = shape.bins;
    tensor.channels = shape.channels;
    tensor.zero_point = shape.zero_point;
    const std::int32_t new_rows = (plan->step_frames + shape.time_stride - 1) / shape.time_stride;
    tensor.capacity_rows = shape.pooled ? 1 : new_rows;
  }
  plan->pool_rows = shapes.tensors[static_cast<std::size_t>(plan->pool_layer)].frames;
}

// What the readers of each tensor ask of it: padding and history.
void plan_readers(Plan* plan) {
  for (std::int32_t i = 0; i < plan->layer_count; ++i) {
    const LayerInfo& info = plan->layers[static_cast<std::size_t>(i)].info;
    TensorPlan& input = plan->tensors[static_cast<std::size_t>(i)];
    if (slides(info)) {
      const BinPadding padding = bin_padding(info.input_bins, info.kernel);
      input.left_columns = padding.left;
      input.right_columns = padding.right;
      input.history_rows = std::max(input.history_rows, info.kernel.t - 1);
    }
    if (info.kind == LayerKind::add) {
      // Also 1 for a crop of 0: a tensor with history is not in a shared buffer, so its rows outlive the
      // layers in between.
      TensorPlan& skip = plan->tensors[static_cast<std::size_t>(info.skip_tensor)];
      skip.history_rows = std::max<std::int32_t>({skip.history_rows, info.skip_crop, 1});
    }
  }
}

void place_tensors(Plan* plan, Cursor* cursor) {
  std::array<std::int64_t, 2> shared_bytes = {0, 0};
  for (std::int32_t i = 0; i <= plan->layer_count; ++i) {
    TensorPlan& tensor = plan->tensors[static_cast<std::size_t>(i)];
    tensor.capacity_rows += tensor.history_rows;
    tensor.row_bytes =
        std::int64_t{tensor.left_columns + tensor.bins + tensor.right_columns} * tensor.channels;
    const std::int64_t bytes = tensor.row_bytes * tensor.capacity_rows + kernels::kReadSlackBytes;
    const bool transient = tensor.history_rows == 0 && tensor.left_columns == 0 && tensor.right_columns == 0;
    if (transient) {
      std::int64_t& shared = shared_bytes[static_cast<std::size_t>(i & 1)];
      shared = std::max(shared, bytes);
      tensor.offset = -1;
    } else {
      tensor.offset = cursor->take(bytes);
    }
  }
  const std::array<std::int64_t, 2> shared_offset = {cursor->take(shared_bytes[0]),
                                                     cursor->take(shared_bytes[1])};
  for (std::int32_t i = 0; i <= plan->layer_count; ++i) {
    TensorPlan& tensor = plan->tensors[static_cast<std::size_t>(i)];
    if (tensor.offset < 0) tensor.offset = shared_offset[static_cast<std::size_t>(i & 1)];
  }
}

void place_layers(Plan* plan, const kernels::Table& table, Cursor* cursor) {
  std::int64_t scratch_bytes = 0;
  std::int64_t widest = 0;
  for (std::int32_t i = 0; i < plan->layer_count; ++i) {
    LayerPlan& layer = plan->layers[static_cast<std::size_t>(i)];
    const LayerInfo& info = layer.info;
    widest = std::max<std::int64_t>({widest, info.channels, info.input_channels});
    if (info.kind == LayerKind::conv) {
      layer.packed_offset = cursor->take(table.conv_packed_bytes(conv_shape(info)));
    } else if (info.kind == LayerKind::depthwise) {
      const kernels::DepthwiseShape shape = depthwise_shape(info);
      layer.packed_offset = cursor->take(table.depthwise_packed_bytes(shape));
      const std::int32_t columns = (info.bins - 1) * info.kernel.stride_f + info.kernel.f;
      scratch_bytes = std::max(scratch_bytes, table.depthwise_scratch_bytes(shape, columns));
    }
  }
  plan->scratch_offset = cursor->take(scratch_bytes);
  plan->sums_offset = cursor->take(widest * 4);
}

}  // namespace

kernels::ConvShape conv_shape(const LayerInfo& info) noexcept {
  return {info.kernel.t, info.kernel.f * info.input_channels, info.channels};
}

kernels::DepthwiseShape depthwise_shape(const LayerInfo& info) noexcept {
  return {info.kernel.t, info.kernel.f, info.channels};
}

std::int32_t window_step_frames(const Model& model, const kernels::Table& table) noexcept {
  const std::int32_t stride = model.time_stride();
  const std::int32_t frames = std::min(table.window_step_frames, model.window_frames() + stride - 1);
  return std::max<std::int32_t>(1, frames / stride) * stride;
}

bool make_plan(const Model& model, const kernels::Table& table, std::int32_t step_frames,
               std::size_t layer_bytes, std::size_t tensor_bytes, Plan* plan) noexcept {
  plan->layer_count = model.layer_count();
  plan->step_frames = step_frames;
  plan_shapes(model, plan);
  plan_readers(plan);

  Cursor cursor;
  const std::int64_t layer_count = plan->layer_count;
  plan->layers_offset = cursor.take(layer_count * static_cast<std::int64_t>(layer_bytes));
  plan->tensors_offset = cursor.take((layer_count + 1) * static_cast<std::int64_t>(tensor_bytes));
  place_layers(plan, table, &cursor);
  place_tensors(plan, &cursor);
  const std::int64_t pool_channels = plan->tensors[static_cast<std::size_t>(plan->pool_layer)].channels;
  plan->pool_ring_offset = cursor.take(plan->pool_rows * pool_channels * 4);
  plan->pool_total_offset = cursor.take(pool_channels * 4);
  plan->logits_offset = cursor.take(std::int64_t{model.class_count()} * 4);
  plan->total_bytes = cursor.used();
  return plan->total_bytes <= kMaxArenaBytes;
}

}  // namespace pupil::edge
