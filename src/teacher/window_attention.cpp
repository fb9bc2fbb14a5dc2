// SPDX-License-Identifier: Apache-2.0
// Attention within windows, as HTS-AT (a Swin transformer) has it. reference_window_attention() is the specification, in
// tensor operations; attend_by_kernel() is the same for windows of 64 patches on AVX-512.
//
// A shifted window is a window of the rolled square. The reference rolls, cuts, attends, joins and rolls back; the kernel
// rolls nothing: WindowLayout::patches lists, for each window, where its patches are in the square that was never moved.
// Only windows of the last row and column join patches that were not neighbours, so only they need the mask.

#include "teacher/window_attention.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "teacher/window_kernel.h"

namespace pupil::teacher {
namespace {

// After rolling, the last `window` rows hold two stretches that were not neighbours: three regions a side.
at::Tensor shift_mask(std::int64_t side, std::int64_t window, std::int64_t shift) {
  at::Tensor region = at::zeros({side}, at::kFloat);
  region.slice(0, side - window, side - shift).fill_(1);
  region.slice(0, side - shift, side).fill_(2);
  const at::Tensor regions = (region.view({side, 1}) * 3 + region.view({1, side})).view({1, side, side, 1});
  const at::Tensor windows = cut_windows(regions, window).view({-1, window * window});
  const at::Tensor differs = windows.unsqueeze(1).ne(windows.unsqueeze(2));
  return differs.to(at::kFloat) * -100.0;
}

}  // namespace

at::Tensor cut_windows(const at::Tensor& x, std::int64_t window) {
  const std::int64_t batch = x.size(0), count = x.size(1) / window, channels = x.size(3);
  return x.view({batch, count, window, count, window, channels})
      .transpose(2, 3)
      .reshape({batch, count * count, window * window, channels});
}

at::Tensor join_windows(const at::Tensor& x, std::int64_t side, std::int64_t window) {
  const std::int64_t batch = x.size(0), count = side / window, channels = x.size(3);
  return x.view({batch, count, count, window, window, channels})
      .transpose(2, 3)
      .reshape({batch, side, side, channels});
}

at::Tensor relative_position_index(std::int64_t window) {
  const at::Tensor patch = at::arange(window * window, at::kLong);
  const at::Tensor row = at::floor_divide(patch, window), column = patch - row * window;
  const auto difference = [&](const at::Tensor& at) {
    return at.unsqueeze(1) - at.unsqueeze(0) + (window - 1);
  };
  return difference(row) * (2 * window - 1) + difference(column);
}

WindowLayout make_window_layout(std::int64_t side, std::int64_t window, std::int64_t shift,
                                const at::Tensor& bias_table) {
  const std::int64_t patches = window * window, heads = bias_table.size(1);
  WindowLayout layout{
      .side = side, .window = window, .shift = shift, .heads = heads, .bias = {}, .patches = {}, .mask = {}};
  layout.bias = bias_table.index_select(0, relative_position_index(window).flatten())
                    .view({patches, patches, heads})
                    .permute({2, 0, 1})
                    .contiguous();
  if (shift > 0) layout.mask = shift_mask(side, window, shift);
  const at::Tensor square = at::arange(side * side, at::kLong).view({1, side, side, 1});
  layout.patches = cut_windows(at::roll(square, {-shift, -shift}, {1, 2}), window)
                       .view({-1, patches})
                       .to(at::kInt)
                       .contiguous();
  return layout;
}

at::Tensor reference_window_attention(const at::Tensor& query_key_value, const WindowLayout& layout) {
  const std::int64_t batch = query_key_value.size(0), channels = query_key_value.size(2) / 3;
  const std::int64_t side = layout.side, window = layout.window, shift = layout.shift;
  const std::int64_t patches = window * window, windows = side * side / patches;
  const std::int64_t head_channels = channels / layout.heads;

  at::Tensor square = query_key_value.view({batch, side, side, 3 * channels});
  if (shift > 0) square = at::roll(square, {-shift, -shift}, {1, 2});
  // [3, B, windows, heads, patches, channels of a head]
  const at::Tensor split = cut_windows(square, window)
                               .view({batch, windows, patches, 3, layout.heads, head_channels})
                               .permute({3, 0, 1, 4, 2, 5});
  const double scale = 1.0 / std::sqrt(static_cast<double>(head_channels));
  at::Tensor scores = at::matmul(split[0] * scale, split[1].transpose(-2, -1)) + layout.bias;
  if (shift > 0) scores = scores + layout.mask.unsqueeze(1);
  const at::Tensor mixed = at::matmul(at::softmax(scores, -1), split[2]);
  at::Tensor joined =
      join_windows(mixed.transpose(2, 3).reshape({batch, windows, patches, channels}), side, window);
  if (shift > 0) joined = at::roll(joined, {shift, shift}, {1, 2});
  return joined.view({batch, side * side, channels});
}

#ifdef PUPIL_AVX512
namespace {

// One task is one head of one window of one clip.
at::Tensor attend_by_kernel(const at::Tensor& query_key_value, const WindowLayout& layout,
                            at::ScalarType out) {
  const std::int64_t batch = query_key_value.size(0), patches = query_key_value.size(1);
  const std::int64_t channels = query_key_value.size(2) / 3, head_channels = channels / layout.heads;
  const std::int64_t windows = layout.patches.size(0);
  at::Tensor mixed = at::empty({batch, patches, channels}, out);
  const auto task = [&](std::int64_t clip, std::int64_t window, std::int64_t head) {
    const float* query =
        query_key_value.data_ptr<float>() + clip * patches * 3 * channels + head * head_channels;
    // Only windows of the last row and column hold patches that were not neighbours.
    const std::int64_t per_side = layout.side / layout.window;
    const bool masked =
        layout.mask.defined() && (window / per_side == per_side - 1 || window % per_side == per_side - 1);
    const std::int64_t pairs = kWindowPatches * kWindowPatches;
    WindowHead work;
    work.query = query;
    work.key = query + channels;
    work.value = query + 2 * channels;
    work.stride = 3 * channels;
    work.patches = layout.patches.data_ptr<std::int32_t>() + window * kWindowPatches;
    work.bias = layout.bias.data_ptr<float>() + head * pairs;
    work.mask = masked ? layout.mask.data_ptr<float>() + window * pairs : nullptr;
    work.scale = 1.0F / std::sqrt(static_cast<float>(head_channels));
    work.channels = head_channels;
    work.type = out == at::kHalf       ? nn::RowType::half
                : out == at::kBFloat16 ? nn::RowType::bf16
                                       : nn::RowType::f32;
    work.mixed = static_cast<char*>(mixed.data_ptr()) + (clip * patches * channels + head * head_channels) *
                                                            static_cast<std::int64_t>(mixed.element_size());
    work.mixed_stride = channels;
    window_head(work);
  };
  at::parallel_for(0, batch * windows * layout.heads, 4, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      task(i / layout.heads / windows, i / layout.heads % windows, i % layout.heads);
    }
  });
  return mixed;
}

}  // namespace
#endif

at::Tensor window_attention(const at::Tensor& query_key_value, const WindowLayout& layout,
                            at::ScalarType out) {
#ifdef PUPIL_AVX512
  const std::int64_t head_channels = query_key_value.size(2) / 3 / layout.heads;
  if (layout.window * layout.window == kWindowPatches && has_window_kernel(head_channels)) {
    return attend_by_kernel(query_key_value.contiguous(), layout, out);
  }
#endif
  return reference_window_attention(query_key_value, layout).to(out);
}

}  // namespace pupil::teacher
