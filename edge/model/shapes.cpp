#include "model/shapes.h"

#include <algorithm>

namespace pupil::edge {

namespace {

using format::Layer;

bool in_range(std::int64_t x, std::int64_t low, std::int64_t high) {
  return low <= x && x <= high;
}

bool kernel_fits(const Layer& layer, const TensorShape& in) {
  if (!in_range(layer.kernel_t, 1, format::kMaxKernel) || !in_range(layer.kernel_f, 1, format::kMaxKernel) ||
      !in_range(layer.stride_t, 1, format::kMaxStride) || !in_range(layer.stride_f, 1, format::kMaxStride)) {
    return false;
  }
  if (in.pooled &&
      (layer.kernel_t != 1 || layer.kernel_f != 1 || layer.stride_t != 1 || layer.stride_f != 1)) {
    return false;
  }
  return layer.kernel_t <= in.frames;
}

void slide(const Layer& layer, const TensorShape& in, TensorShape* out) {
  out->frames = (in.frames - layer.kernel_t) / layer.stride_t + 1;
  out->bins = (in.bins + layer.stride_f - 1) / layer.stride_f;
  out->time_stride = in.time_stride * layer.stride_t;
  out->receptive_frames = in.receptive_frames + (layer.kernel_t - 1) * in.time_stride;
}

bool conv(const Layer& layer, const TensorShape& in, TensorShape* out, LayerInfo* info) {
  if (!kernel_fits(layer, in)) return false;
  const std::int64_t dot_length = std::int64_t{layer.kernel_t} * layer.kernel_f * in.channels;
  if (dot_length > format::kMaxDotProductLength) return false;
  slide(layer, in, out);
  out->channels = static_cast<std::int32_t>(layer.channels);
  info->macs = std::int64_t{out->frames} * out->bins * out->channels * dot_length;
  info->parameter_bytes = out->channels * (dot_length + 7);
  return true;
}

bool depthwise(const Layer& layer, const TensorShape& in, TensorShape* out, LayerInfo* info) {
  if (!kernel_fits(layer, in) || layer.channels != static_cast<std::uint32_t>(in.channels)) return false;
  slide(layer, in, out);
  const std::int64_t taps = std::int64_t{layer.kernel_t} * layer.kernel_f;
  info->macs = std::int64_t{out->frames} * out->bins * out->channels * taps;
  info->parameter_bytes = out->channels * (taps + 7);
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
  if (count * 255 * format::kMeanGain >= std::int64_t{1} << 30) return false;
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
  info->parameter_bytes = info->macs + std::int64_t{layer.channels} * 8;
  out->channels = static_cast<std::int32_t>(layer.channels);
  return true;
}

bool advance_kind(const Layer& layer, std::int32_t index, Shapes* shapes, TensorShape* out, LayerInfo* info) {
  const TensorShape& in = shapes->tensors[static_cast<std::size_t>(index)];
  switch (static_cast<LayerKind>(layer.kind)) {
    case LayerKind::conv:
      return conv(layer, in, out, info);
    case LayerKind::depthwise:
      return depthwise(layer, in, out, info);
    case LayerKind::add:
      return add(layer, index, *shapes, out, info);
    case LayerKind::mean_f:
      return mean(layer, false, out);
    case LayerKind::mean_tf:
      return mean(layer, true, out);
    case LayerKind::head:
      return head(layer, out, info);
  }
  return false;
}

}  // namespace

BinPadding bin_padding(std::int32_t bins, std::int32_t kernel_f, std::int32_t stride_f) noexcept {
  const std::int32_t left = (kernel_f - 1) / 2;
  const std::int32_t last_output = (bins + stride_f - 1) / stride_f - 1;
  const std::int32_t last_tap = last_output * stride_f - left + kernel_f - 1;
  return {left, std::max(0, last_tap - (bins - 1))};
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
  info->kernel_t = layer.kernel_t;
  info->kernel_f = layer.kernel_f;
  info->stride_t = layer.stride_t;
  info->stride_f = layer.stride_f;
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
