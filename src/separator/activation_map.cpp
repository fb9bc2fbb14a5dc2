// SPDX-License-Identifier: Apache-2.0
#include "separator/activation_map.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <vector>

#include "separator/half_map.h"

namespace pupil::separator {
namespace {

// Rows a thread takes at once.
constexpr std::int64_t kRowGrain = 4;

// One part into its channels of the result. The reason for a loop of our own: one pass over memory instead of
// three, and no concatenation before it.
void activate_part(const float* in, const float* scale, const float* shift, std::int64_t pixel_count,
                   std::int64_t channels, std::int64_t out_channels, float* out) {
  constexpr auto slope = static_cast<float>(kLeakySlope);
  for (std::int64_t p = 0; p < pixel_count; ++p) {
    for (std::int64_t c = 0; c < channels; ++c) {
      const float value = in[c] * scale[c] + shift[c];
      out[c] = value > 0.0F ? value : value * slope;
    }
    in += channels;
    out += out_channels;
  }
}

void activate_on_cpu(const at::Tensor& part, const at::Tensor& scale, const at::Tensor& shift, at::Tensor out,
                     std::int64_t first_channel) {
  const std::int64_t columns = part.size(1);
  const std::int64_t channels = part.size(2);
  const std::int64_t out_channels = out.size(2);
  const float* in_data = part.data_ptr<float>();
  const float* scale_data = scale.data_ptr<float>();
  const float* shift_data = shift.data_ptr<float>();
  float* out_data = out.data_ptr<float>() + first_channel;
  at::parallel_for(0, part.size(0), kRowGrain, [&](std::int64_t begin, std::int64_t end) {
    activate_part(in_data + begin * columns * channels, scale_data, shift_data, (end - begin) * columns,
                  channels, out_channels, out_data + begin * columns * out_channels);
  });
}

// [T, F, C] as [1, C, T, F] without copying.
at::Tensor as_image(const at::Tensor& map) {
  return map.permute({2, 0, 1}).unsqueeze(0);
}
at::Tensor as_map(const at::Tensor& image) {
  return image[0].permute({1, 2, 0}).contiguous();
}

}  // namespace

at::Tensor activate(std::span<const at::Tensor> parts, const Affine& norm, std::int64_t zero_rows_before,
                    std::int64_t zero_rows_after) {
  const at::Tensor& first = parts.front();
  const std::int64_t rows = first.size(0);
  at::Tensor out = at::empty({zero_rows_before + rows + zero_rows_after, first.size(1), norm.scale.size(0)},
                             first.options());
  if (zero_rows_before > 0) out.narrow(0, 0, zero_rows_before).zero_();
  if (zero_rows_after > 0) out.narrow(0, zero_rows_before + rows, zero_rows_after).zero_();
  at::Tensor inside = out.narrow(0, zero_rows_before, rows);
  std::int64_t channel = 0;
  for (const at::Tensor& part : parts) {
    const std::int64_t channels = part.size(2);
    const at::Tensor scale = norm.scale.narrow(0, channel, channels);
    const at::Tensor shift = norm.shift.narrow(0, channel, channels);
    if (part.is_cpu() && part.scalar_type() == at::kFloat) {
      activate_on_cpu(part, scale, shift, inside, channel);
    } else {
      inside.narrow(2, channel, channels).copy_(at::leaky_relu(part * scale + shift, kLeakySlope));
    }
    channel += channels;
  }
  return out;
}

at::Tensor lay_out_weights(const at::Tensor& weight, at::ScalarType dtype) {
  if (dtype == at::kHalf) return pack_half(weight);
  return weight.to(dtype).contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor convolve(const at::Tensor& map, const at::Tensor& weight, const at::Tensor& bias) {
  const std::int64_t padding[] = {0, weight.size(3) / 2};
  constexpr std::int64_t kOnce[] = {1, 1};
  const at::Tensor image = as_image(map);
  if (!image.is_cpu()) return as_map(at::conv2d(image, weight, bias, kOnce, padding));
  // conv2d() would take BLAS where k = 1, for which these matrices are too narrow.
  return as_map(
      at::mkldnn_convolution(image, weight, bias, padding, kOnce, /*dilation=*/kOnce, /*groups=*/1));
}

at::Tensor average_pool(const at::Tensor& map, std::int64_t rows, std::int64_t columns) {
  return as_map(at::avg_pool2d(as_image(map), {rows, columns}));
}

at::Tensor upsample(const at::Tensor& map, const at::Tensor& weight, std::int64_t channels, std::int64_t rows,
                    std::int64_t columns) {
  const at::Tensor fields = convolve(map, weight, {});
  return fields.view({map.size(0), map.size(1), rows, columns, channels})
      .permute({0, 2, 1, 3, 4})
      .reshape({map.size(0) * rows, map.size(1) * columns, channels});
}

}  // namespace pupil::separator
