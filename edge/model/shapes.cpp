// SPDX-License-Identifier: Apache-2.0
// One function per kind of layer: it judges whether the layer fits its input, derives the output's shape and
// counts its cost. `layer` is a record that nobody has checked yet, so whatever is multiplied here is bounded
// before.

#include "model/shapes.h"

#include <algorithm>

namespace pupil::edge {

namespace {

using format::Layer;

constexpr std::int64_t kLargestDifference = 255;             // of an int8 value and a zero point
constexpr std::int64_t kMaxMeanSum = std::int64_t{1} << 30;  // leaves room for the rounding of a 32-bit sum

bool in_range(std::int64_t x, std::int64_t low, std::int64_t high) {
  return low <= x && x <= high;
}

bool kernel_fits(const KernelShape& kernel, const TensorShape& in) {
  if (!in_range(kernel.t, 1, format::kMaxKernel) || !in_range(kernel.f, 1, format::kMaxKernel) ||
      !in_range(kernel.stride_t, 1, format::kMaxStride) ||
      !in_range(kernel.stride_f, 1, format::kMaxStride)) {
    return false;
  }
  return kernel.t <= in.frames && (!in.pooled || kernel == KernelShape{});
}

// What conv and depthwise have in common; false if the kernel does not fit.
bool slide(const Layer& layer, const TensorShape& in, TensorShape* out, LayerInfo* info) {
  const KernelShape kernel = kernel_of(layer);
  if (!kernel_fits(kernel, in)) return false;
  info->kernel = kernel;
  out->frames = static_cast<std::int32_t>(kernel.output_frames(in.frames));
  out->bins = kernel.output_bins(in.bins);
  out->time_stride = in.time_stride * kernel.stride_t;
  out->receptive_frames = in.receptive_frames + (kernel.t - 1) * in.time_stride;
  return true;
}

bool conv(const Layer& layer, const TensorShape& in, TensorShape* out, LayerInfo* info) {
  if (!slide(layer, in, out, info)) return false;
  const std::int64_t dot_length = std::int64_t{info->kernel.taps()} * in.channels;
  if (dot_length > format::kMaxDotProductLength) return false;
  out->channels = static_cast<std::int32_t>(layer.channels);
  info->macs = std::int64_t{out->frames} * out->bins * out->channels * dot_length;
  info->parameter_bytes = out->channels * (dot_length + format::kConvChannelBytes);
  return true;
}

bool depthwise(const Layer& layer, const TensorShape& in, TensorShape* out, LayerInfo* info) {
  if (layer.channels != static_cast<std::uint32_t>(in.channels) || !slide(layer, in, out, info)) return false;
  const std::int64_t taps = info->kernel.taps();
  info->macs = std::int64_t{out->frames} * out->bins * out->channels * taps;
  info->parameter_bytes = out->channels * (taps + format::kConvChannelBytes);
  return true;
}

// Between the skip tensor and here only convolutions of stride 1 shortened the time axis, by the same number
// of frames on both sides.
bool add(const Layer& layer, std::int32_t index, const Shapes& shapes, TensorShape* out, LayerInfo* info) {
  if (layer.skip_tensor >= static_cast<std::uint32_t>(index)) return false;
  const TensorShape& skip = shapes.tensors[layer.skip_tensor];
  const std::int32_t lost = skip.frames - out->frames;
  if (out->pooled || skip.bins != out->bins || skip.channels != out->channels ||
      layer.channels != static_cast<std::uint32_t>(out->channels) || skip.time_stride != out->time_stride ||
      lost < 0 || lost % 2 != 0) {
    return false;
  }
  info->skip_tensor = static_cast<std::int32_t>(layer.skip_tensor);
  info->skip_crop = lost / 2;
  return true;
}

bool mean(const Layer& layer, bool over_time, TensorShape* out) {
  if (out->pooled || layer.channels != static_cast<std::uint32_t>(out->channels)) return false;
  const std::int64_t count = std::int64_t{out->bins} * (over_time ? out->frames : 1);
  if (count * kLargestDifference * format::kMeanGain >= kMaxMeanSum) return false;
  out->bins = 1;
  if (over_time) {
    out->receptive_frames += (out->frames - 1) * out->time_stride;
    out->frames = 1;
    out->pooled = true;
  }
  return true;
}

bool head(const Layer& layer, TensorShape* out, LayerInfo* info) {
  if (!out->pooled) return false;
  info->macs = std::int64_t{out->channels} * layer.channels;
  info->parameter_bytes = info->macs + layer.channels * format::kHeadChannelBytes;
  out->channels = static_cast<std::int32_t>(layer.channels);
  return true;
}

bool advance_kind(const Layer& layer, std::int32_t index, Shapes* shapes, TensorShape* out, LayerInfo* info) {
  const TensorShape& in = shapes->tensors[static_cast<std::size_t>(index)];
  switch (static_cast<LayerKind>(layer.kind)) {
    case LayerKind::conv: return conv(layer, in, out, info);
    case LayerKind::depthwise: return depthwise(layer, in, out, info);
    case LayerKind::add: return add(layer, index, *shapes, out, info);
    case LayerKind::mean_f: return mean(layer, false, out);
    case LayerKind::mean_tf: return mean(layer, true, out);
    case LayerKind::head: return head(layer, out, info);
  }
  return false;
}

}  // namespace

KernelShape kernel_of(const format::Layer& layer) noexcept {
  return {.t = layer.kernel_t, .f = layer.kernel_f, .stride_t = layer.stride_t, .stride_f = layer.stride_f};
}

// On the right only as much as the last output's kernel reaches: with a stride of 2 and an even number of
// bins that is one column less than on the left.
BinPadding bin_padding(std::int32_t bins, const KernelShape& kernel) noexcept {
  const std::int32_t left = kernel.pad_f();
  const std::int32_t last_output = kernel.output_bins(bins) - 1;
  const std::int32_t last_tap = last_output * kernel.stride_f - left + kernel.f - 1;
  return {left, std::max<std::int32_t>(0, last_tap - (bins - 1))};
}

bool advance(const format::Layer& layer, std::int32_t index, Shapes* shapes, LayerInfo* info) noexcept {
  if (!in_range(layer.channels, 1, format::kMaxChannels)) return false;
  const TensorShape& in = shapes->tensors[static_cast<std::size_t>(index)];
  TensorShape out = in;
  out.zero_point = layer.zero_point;
  *info = LayerInfo{};
  if (!advance_kind(layer, index, shapes, &out, info)) return false;
  if (std::int64_t{out.bins} * out.channels > format::kMaxRowBytes) return false;

  info->kind = static_cast<LayerKind>(layer.kind);
  info->frames = out.frames;
  info->bins = out.bins;
  info->channels = out.channels;
  info->input_channels = in.channels;
  info->input_bins = in.bins;
  info->zero_point = layer.zero_point;
  info->clamp_min = layer.clamp_min;
  info->clamp_max = layer.clamp_max;
  info->scale = layer.scale;
  shapes->tensors[static_cast<std::size_t>(index) + 1] = out;
  return true;
}

}  // namespace pupil::edge
