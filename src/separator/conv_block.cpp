// SPDX-License-Identifier: Apache-2.0
#include "separator/conv_block.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "separator/half_map.h"

namespace pupil::separator {
namespace {

constexpr double kBatchNormEpsilon = 1e-5;
constexpr std::int64_t kKernel = 3;
// What one output row needs of the input on either side: one row per convolution.
constexpr std::int64_t kHaloRows = 2;

// Biases of half maps stay float32: they are added to float32 sums.
at::ScalarType bias_dtype(at::ScalarType dtype) {
  return dtype == at::kHalf ? at::kFloat : dtype;
}

}  // namespace

Affine read_batch_norm(nn::WeightReader& weights, const std::string& name, std::int64_t channel_count) {
  const auto take = [&](const char* part) {
    return weights.take(name + part, {channel_count}).to(at::kDouble);
  };
  const at::Tensor scale = take(".weight") / at::sqrt(take(".running_var") + kBatchNormEpsilon);
  const at::Tensor shift = take(".bias") - take(".running_mean") * scale;
  return {scale.to(at::kFloat), shift.to(at::kFloat)};
}

ConvBlock ConvBlock::read(nn::WeightReader& weights, const std::string& name, const std::string& film_name,
                          std::int64_t condition_size, at::ScalarType dtype) {
  ConvBlock block;
  block.dtype_ = dtype;
  const std::int64_t out = weights.size(name + ".conv1.weight", 0);
  const std::int64_t in = weights.size(name + ".conv1.weight", 1);
  block.output_channels_ = out;
  block.input_channels_ = in;
  block.norm1_ = read_batch_norm(weights, name + ".bn1", in);
  const Affine norm2 = read_batch_norm(weights, name + ".bn2", out);
  const at::Tensor conv1 = weights.take(name + ".conv1.weight", {out, in, kKernel, kKernel});
  block.conv1_ = lay_out_weights(conv1 * norm2.scale.view({out, 1, 1, 1}), dtype);
  block.norm2_shift_ = norm2.shift;
  block.conv2_ = lay_out_weights(weights.take(name + ".conv2.weight", {out, out, kKernel, kKernel}), dtype);
  if (in != out) {
    block.shortcut_ = lay_out_weights(weights.take(name + ".shortcut.weight", {out, in, 1, 1}), dtype);
    block.shortcut_bias_ = weights.take(name + ".shortcut.bias", {out}).to(bias_dtype(dtype));
  }
  block.film1_ = read_film(weights, film_name + "->beta1", in, condition_size);
  block.film2_ = read_film(weights, film_name + "->beta2", out, condition_size);
  return block;
}

ConvBlock::Conditioning ConvBlock::steer(const at::Tensor& condition) const {
  return {{norm1_.scale, norm1_.shift + film1_.shift(condition)},
          (norm2_shift_ + film2_.shift(condition)).to(bias_dtype(dtype_))};
}

at::Tensor ConvBlock::rows(const Conditioning& conditioning, const BlockInput& input, std::int64_t input_rows,
                           std::int64_t first_row, std::int64_t row_count) const {
  const std::int64_t begin = std::max<std::int64_t>(0, first_row - kHaloRows);
  const std::int64_t end = std::min(input_rows, first_row + row_count + kHaloRows);
  const std::int64_t zeros_before = begin - (first_row - kHaloRows);
  const std::int64_t zeros_after = first_row + row_count + kHaloRows - end;

  const std::vector<at::Tensor> parts = input(begin, end - begin);
  at::Tensor middle;
  if (dtype_ == at::kHalf) {
    const at::Tensor padded =
        activate_half(parts, conditioning.before_conv1, zeros_before, zeros_after, /*zero_columns=*/1);
    middle = convolve_half(padded, conv1_, conditioning.conv1_bias);
  } else {
    const at::Tensor padded = activate(parts, conditioning.before_conv1, zeros_before, zeros_after);
    middle = convolve(padded, conv1_, conditioning.conv1_bias);
    at::leaky_relu_(middle, kLeakySlope);
  }
  // Beyond the map's edge the second convolution sees zeros, not what the first one would give there.
  if (zeros_before > 1) middle.narrow(0, 0, zeros_before - 1).zero_();
  if (zeros_after > 1) middle.narrow(0, middle.size(0) - (zeros_after - 1), zeros_after - 1).zero_();
  if (dtype_ == at::kHalf) {
    return convolve_half_onto(middle, conv2_, parts, first_row - begin, shortcut_, shortcut_bias_);
  }
  return convolve(middle, conv2_, {}).add_(shortcut(parts, first_row - begin, row_count));
}

at::Tensor ConvBlock::shortcut(std::span<const at::Tensor> parts, std::int64_t first_row,
                               std::int64_t row_count) const {
  if (!shortcut_.defined()) return parts.front().narrow(0, first_row, row_count);
  at::Tensor sum;
  std::int64_t channel = 0;
  for (const at::Tensor& part : parts) {
    const at::Tensor weight =
        shortcut_.narrow(1, channel, part.size(2)).contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor term =
        convolve(part.narrow(0, first_row, row_count), weight, sum.defined() ? at::Tensor() : shortcut_bias_);
    sum = sum.defined() ? sum.add_(term) : term;
    channel += part.size(2);
  }
  return sum;
}

void ConvBlock::to(const at::Device& device) {
  for (at::Tensor* tensor : {&norm1_.scale, &norm1_.shift, &conv1_, &norm2_shift_, &conv2_, &shortcut_,
                             &shortcut_bias_, &film1_.weight, &film1_.bias, &film2_.weight, &film2_.bias}) {
    if (tensor->defined()) *tensor = tensor->to(device);
  }
}

}  // namespace pupil::separator
