// SPDX-License-Identifier: Apache-2.0
// The arena, in the order of the plan: the Engine itself, aligned to a cache line, then everything else at
// the plan's offsets from `base`. Nothing in it has a destructor, so nothing is ever destroyed.
//
// How a step works. Tensor i is the input of layer i and the output of layer i - 1; engine.h has the rules.
//  1. put_frames() writes rows after the end of tensor 0; step() then moves its end.
//  2. Each layer computes all rows that its input allows. They are appended to its output, so a kernel finds
//     the rows under it next to each other, whatever the steps were.
//  3. forget_old_rows() moves the rows that a later step reads to the front. A ring would save the copy and
//     split a kernel's rows at its seam; a few rows of history are cheap to copy.
//  4. Tensors without history share two buffers by the parity of their index: layer i reads one and writes
//     the other. They keep nothing between layers that are not neighbours, nor between steps.
//  5. After mean_tf there is one row, computed for each window by finish_window().
// sums_ and scratch_ belong to one kernel call; nothing in them is used by the next.

#include "model/engine.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "frontend/carving.h"
#include "kernels/table.h"
#include "model/model_access.h"

namespace pupil::edge {

namespace {

constexpr std::size_t kEngineBytes = whole_lines(sizeof(Engine));

}  // namespace

std::size_t Engine::arena_bytes(const Model& model, KernelSet kernels, std::int32_t step_frames) noexcept {
  const kernels::Table* table = kernels::find_table(kernels);
  Plan plan;
  if (!model.loaded() || table == nullptr ||
      !make_plan(model, *table, step_frames, sizeof(Layer), sizeof(Tensor), &plan)) {
    return 0;
  }
  return kLineBytes + kEngineBytes + static_cast<std::size_t>(plan.total_bytes);
}

Status Engine::place(const Model& model, KernelSet kernels, std::int32_t step_frames,
                     std::span<std::byte> arena, Engine** engine) noexcept {
  const kernels::Table* table = kernels::find_table(kernels);
  Plan plan;
  if (!model.loaded() || table == nullptr ||
      !make_plan(model, *table, step_frames, sizeof(Layer), sizeof(Tensor), &plan)) {
    return Status::bad_argument;
  }
  if (arena.size() < kLineBytes + kEngineBytes + static_cast<std::size_t>(plan.total_bytes)) {
    return Status::arena_too_small;
  }
  std::byte* const start = align_up(arena.data(), kLineBytes);
  std::byte* const base = start + kEngineBytes;
  Engine* const e = new (start) Engine();
  e->table_ = table;
  e->layers_ = reinterpret_cast<Layer*>(base + plan.layers_offset);
  e->tensors_ = reinterpret_cast<Tensor*>(base + plan.tensors_offset);
  const format::Input input = ModelAccess::input(model);
  e->gain_ = ModelAccess::array<float>(model, input.gain_offset);
  e->shift_ = ModelAccess::array<float>(model, input.shift_offset);
  e->layer_count_ = plan.layer_count;
  e->pool_layer_ = plan.pool_layer;
  e->pool_rows_ = plan.pool_rows;
  e->step_frames_ = plan.step_frames;
  e->class_count_ = model.class_count();
  e->pool_ring_ = reinterpret_cast<std::int32_t*>(base + plan.pool_ring_offset);
  e->pool_total_ = reinterpret_cast<std::int32_t*>(base + plan.pool_total_offset);
  e->sums_ = reinterpret_cast<std::int32_t*>(base + plan.sums_offset);
  e->logits_ = reinterpret_cast<float*>(base + plan.logits_offset);
  e->scratch_ = base + plan.scratch_offset;
  for (std::int32_t i = 0; i <= plan.layer_count; ++i) {
    e->place_tensor(i, plan.tensors[static_cast<std::size_t>(i)], base);
  }
  for (std::int32_t i = 0; i < plan.layer_count; ++i) {
    e->place_layer(model, i, plan.layers[static_cast<std::size_t>(i)], base);
  }
  e->reset();
  *engine = e;
  return Status::ok;
}

void Engine::place_tensor(std::int32_t index, const TensorPlan& plan, std::byte* base) noexcept {
  Tensor& tensor = *new (&tensors_[index]) Tensor();
  auto* const bytes = reinterpret_cast<std::uint8_t*>(base + plan.offset);
  tensor.first = bytes + std::int64_t{plan.left_columns} * plan.channels;
  tensor.row_bytes = plan.row_bytes;
  tensor.left_columns = plan.left_columns;
  tensor.bins = plan.bins;
  tensor.channels = plan.channels;
  tensor.zero_point = plan.zero_point;
  tensor.capacity_rows = plan.capacity_rows;
  tensor.gapless = plan.row_bytes == std::int64_t{plan.bins} * plan.channels;
  // The padding must be the zero point. Kernels do not write it, and rows are moved together with theirs, so
  // it stays; the rest only has to be initialised.
  const int zero_byte = (plan.zero_point & 0xFF) ^ table_->stored_xor;
  std::memset(bytes, zero_byte,
              static_cast<std::size_t>(plan.row_bytes * plan.capacity_rows + kernels::kReadSlackBytes));
}

void Engine::place_layer(const Model& model, std::int32_t index, const LayerPlan& plan,
                         std::byte* base) noexcept {
  const format::Layer record = ModelAccess::layer(model, index);
  Layer& layer = *new (&layers_[index]) Layer();
  layer.kind = plan.info.kind;
  layer.kernel = plan.info.kernel;
  layer.shift = record.shift;
  layer.multiplier = record.multiplier;
  layer.skip_multiplier = record.skip_multiplier;
  layer.skip_tensor = plan.info.skip_tensor;
  layer.skip_crop = plan.info.skip_crop;
  layer.output = {record.zero_point, record.clamp_min, record.clamp_max};
  layer.weights = ModelAccess::array<std::int8_t>(model, record.weights_offset);
  layer.bias = ModelAccess::array<std::int32_t>(model, record.bias_offset);
  layer.logit_scales = ModelAccess::array<float>(model, record.logit_scales_offset);

  void* const packed = base + plan.packed_offset;
  layer.packed = packed;
  const kernels::ChannelScale scale = {layer.bias,
                                       ModelAccess::array<std::int16_t>(model, record.multipliers_offset),
                                       ModelAccess::array<std::uint8_t>(model, record.shifts_offset)};
  const std::int32_t zero_point = tensors_[index].zero_point;
  if (layer.kind == LayerKind::conv) {
    table_->pack_conv(conv_shape(plan.info), {layer.weights, scale, zero_point}, packed);
  } else if (layer.kind == LayerKind::depthwise) {
    table_->pack_depthwise(depthwise_shape(plan.info), {layer.weights, scale, zero_point}, packed);
  }
}

void Engine::reset() noexcept {
  for (std::int32_t i = 0; i <= layer_count_; ++i) {
    tensors_[i].begin = 0;
    tensors_[i].end = 0;
  }
  pooled_rows_ = 0;
  const auto channels = static_cast<std::size_t>(tensors_[pool_layer_].channels);
  std::memset(pool_ring_, 0, channels * static_cast<std::size_t>(pool_rows_) * sizeof(std::int32_t));
  std::memset(pool_total_, 0, channels * sizeof(std::int32_t));
}

void Engine::put_frames(std::int32_t index, const float* frames, std::int32_t count) noexcept {
  const Tensor& input = tensors_[0];
  table_->quantise({frames, gain_, shift_, input.bins, input.row(input.end + index), input.row_bytes, count});
}

// All rows ever, not only those of this step: an output's end is a count since the reset, too.
std::int64_t Engine::rows_possible(std::int32_t index) const noexcept {
  const Layer& layer = layers_[index];
  const std::int64_t in = tensors_[index].end;
  if (layer.kind == LayerKind::conv || layer.kind == LayerKind::depthwise) {
    return layer.kernel.output_frames(in);
  }
  return in;
}

void Engine::step(std::int32_t count) noexcept {
  tensors_[0].end += count;
  for (std::int32_t i = 0; i < pool_layer_; ++i) run_layer(i, rows_possible(i) - tensors_[i + 1].end);
  notify_before(pool_layer_);
  pool_new_rows();
  notify_after(pool_layer_, 0, 0);
  forget_old_rows();
}

void Engine::run_layer(std::int32_t index, std::int64_t rows) noexcept {
  if (rows <= 0) return;
  const Layer& layer = layers_[index];
  const Tensor& in = tensors_[index];
  Tensor& out = tensors_[index + 1];
  const std::int64_t row = out.end;
  const auto count = static_cast<std::int32_t>(rows);
  notify_before(index);
  switch (layer.kind) {
    case LayerKind::conv: run_conv(layer, in, out, row, count); break;
    case LayerKind::depthwise: run_depthwise(layer, in, out, row, count); break;
    case LayerKind::add: run_add(layer, in, out, row, count); break;
    case LayerKind::mean_f: run_mean_f(layer, in, out, row, count); break;
    case LayerKind::mean_tf:
    case LayerKind::head: break;  // in step() and finish_window()
  }
  out.end += rows;
  notify_after(index, row, count);
}

void Engine::run_conv(const Layer& layer, const Tensor& in, const Tensor& out, std::int64_t row,
                      std::int32_t rows) noexcept {
  kernels::ConvCall call;
  call.shape = {layer.kernel.t, layer.kernel.f * in.channels, out.channels};
  call.packed = layer.packed;
  call.output = layer.output;
  call.input = in.row(row * layer.kernel.stride_t) - std::int64_t{layer.kernel.pad_f()} * in.channels;
  call.segment_stride = in.row_bytes;
  call.input_row_stride = layer.kernel.stride_t * in.row_bytes;
  call.input_column_stride = std::int64_t{layer.kernel.stride_f} * in.channels;
  call.output_rows = out.row(row);
  call.output_row_stride = out.row_bytes;
  call.rows = rows;
  call.columns = out.bins;
  // Pointwise on rows without padding: all rows are one, so that tiles are not cut short at the end of each.
  const bool one_long_row = layer.kernel == KernelShape{} && in.gapless && out.gapless;
  if (one_long_row) {
    call.rows = 1;
    call.columns = rows * out.bins;
  }
  table_->conv(call);
}

void Engine::run_depthwise(const Layer& layer, const Tensor& in, const Tensor& out, std::int64_t row,
                           std::int32_t rows) noexcept {
  kernels::DepthwiseCall call;
  call.shape = {layer.kernel.t, layer.kernel.f, in.channels};
  call.packed = layer.packed;
  call.output = layer.output;
  call.input = in.row(row * layer.kernel.stride_t) - std::int64_t{layer.kernel.pad_f()} * in.channels;
  call.kernel_row_stride = in.row_bytes;
  call.input_row_stride = layer.kernel.stride_t * in.row_bytes;
  call.stride_f = layer.kernel.stride_f;
  call.output_rows = out.row(row);
  call.output_row_stride = out.row_bytes;
  call.rows = rows;
  call.columns = out.bins;
  call.scratch = scratch_;
  table_->depthwise(call);
}

void Engine::run_add(const Layer& layer, const Tensor& in, const Tensor& out, std::int64_t row,
                     std::int32_t rows) noexcept {
  const Tensor& skip = tensors_[layer.skip_tensor];
  kernels::AddCall call;
  call.a_zero_point = in.zero_point;
  call.b_zero_point = skip.zero_point;
  call.a_multiplier = layer.multiplier;
  call.b_multiplier = layer.skip_multiplier;
  call.output = layer.output;
  const bool at_once = in.gapless && skip.gapless && out.gapless;
  const std::int64_t row_values = std::int64_t{out.bins} * out.channels;
  call.count = at_once ? row_values * rows : row_values;
  for (std::int32_t r = 0; r < (at_once ? 1 : rows); ++r) {
    call.a = in.row(row + r);
    call.b = skip.row(row + r + layer.skip_crop);
    call.result = out.row(row + r);
    table_->add(call);
  }
}

void Engine::run_mean_f(const Layer& layer, const Tensor& in, const Tensor& out, std::int64_t row,
                        std::int32_t rows) noexcept {
  for (std::int32_t r = 0; r < rows; ++r) {
    table_->sum({in.row(row + r), in.zero_point, in.bins, in.channels, sums_, nullptr});
    round_mean(layer, sums_, in.channels, out.row(row + r));
  }
}

// kMeanGain keeps the bits that an average of few values would lose: a sum of 4 bins has only two bits more than
// its mean.
void Engine::round_mean(const Layer& layer, const std::int32_t* sums, std::int32_t channels,
                        std::uint8_t* row) noexcept {
  table_->mean({sums, format::kMeanGain, channels, layer.multiplier, layer.shift, layer.output, row});
}

// A running sum: each new row replaces the one that leaves the window, whose sum its slot of the ring still
// holds (zeros while the first window fills). Integers, so the total never drifts from the sum of the rows.
void Engine::pool_new_rows() noexcept {
  const Tensor& in = tensors_[pool_layer_];
  for (; pooled_rows_ < in.end; ++pooled_rows_) {
    std::int32_t* const slot = pool_ring_ + (pooled_rows_ % pool_rows_) * in.channels;
    table_->sum({in.row(pooled_rows_), in.zero_point, in.bins, in.channels, slot, pool_total_});
  }
}

// Three passes: what the next layer needs of each tensor (its next output row begins at input row made *
// stride), what later adds need of it, and the moves. A stride of 2 may skip rows that do not exist yet,
// hence the minimum with end.
void Engine::forget_old_rows() noexcept {
  for (std::int32_t i = 0; i <= pool_layer_; ++i) {
    const std::int64_t made = i < pool_layer_ ? tensors_[i + 1].end : tensors_[i].end;
    tensors_[i].needed_from = made * layers_[i].kernel.stride_t;
  }
  for (std::int32_t i = 0; i < pool_layer_; ++i) {
    if (layers_[i].kind != LayerKind::add) continue;
    Tensor& skip = tensors_[layers_[i].skip_tensor];
    skip.needed_from = std::min(skip.needed_from, tensors_[i + 1].end + layers_[i].skip_crop);
  }
  for (std::int32_t i = 0; i <= pool_layer_; ++i) {
    Tensor& tensor = tensors_[i];
    const std::int64_t keep_from = std::min(tensor.needed_from, tensor.end);
    const std::int64_t bytes = (tensor.end - keep_from) * tensor.row_bytes;
    if (keep_from > tensor.begin && bytes > 0) {
      const std::int64_t left = std::int64_t{tensor.left_columns} * tensor.channels;
      std::memmove(tensor.first - left, tensor.row(keep_from) - left, static_cast<std::size_t>(bytes));
    }
    tensor.begin = keep_from;
  }
}

// The layers after the average have no history: each window computes their only row again, in place.
std::span<const float> Engine::finish_window() noexcept {
  Tensor& pooled = tensors_[pool_layer_ + 1];
  round_mean(layers_[pool_layer_], pool_total_, pooled.channels, pooled.first);
  for (std::int32_t i = pool_layer_ + 1; i + 1 < layer_count_; ++i) {
    tensors_[i + 1].end = 0;
    run_layer(i, 1);
  }
  const std::int32_t last = layer_count_ - 1;
  const Layer& head = layers_[last];
  const Tensor& in = tensors_[last];
  notify_before(last);
  table_->dense({in.first, head.weights, head.bias, in.zero_point, in.channels, class_count_, sums_});
  for (std::int32_t k = 0; k < class_count_; ++k)
    logits_[k] = static_cast<float>(sums_[k]) * head.logit_scales[k];
  notify_after(last, 0, 0);
  return logits();
}

void Engine::notify_before(std::int32_t layer) const noexcept {
  if (observer_.before != nullptr) observer_.before(observer_.context, layer);
}

void Engine::notify_after(std::int32_t layer, std::int64_t first_row, std::int32_t rows) const noexcept {
  if (observer_.after == nullptr) return;
  const Tensor& out = tensors_[layer + 1];
  LayerRows seen;
  seen.layer = layer;
  seen.first_row = first_row;
  seen.rows = rows;
  seen.bins = out.bins;
  seen.channels = out.channels;
  seen.first = rows > 0 ? out.row(first_row) : nullptr;
  seen.row_stride = out.row_bytes;
  seen.stored_xor = table_->stored_xor;
  observer_.after(observer_.context, seen);
}

}  // namespace pupil::edge
