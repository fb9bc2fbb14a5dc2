// SPDX-License-Identifier: Apache-2.0
// Maps of 16-bit floats for processors with AVX512-FP16: every function hands rows to half_kernels() and does nothing
// else. The f32 path (activation_map.cpp) is what it is checked against.
//
// 1. A map has channels innermost and a multiple of kHalfBlock of them; packed weights are blocks of kHalfBlock outputs.
// 2. What a 3 x 3 convolution reads has one column of zeros on either side; convolve_half() leaves its own output so,
//    ready for the next one, and convolve_half_onto() leaves it without.
// 3. A row's work is a list of segments that are summed into one accumulator: the convolution itself and, where the
//    block changes its channels, the shortcut of each input part. So no sum is rounded to 16 bits halfway.

#include "separator/half_map.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "separator/half_kernels.h"

namespace pupil::separator {
namespace {

Half* data(const at::Tensor& map) {
  return reinterpret_cast<Half*>(map.data_ptr<at::Half>());
}
const float* floats(const at::Tensor& values) {
  return values.defined() ? values.data_ptr<float>() : nullptr;
}

at::Tensor empty_half(at::IntArrayRef sizes) {
  return at::empty(sizes, at::kHalf);
}

// Rows are shared out one by one: each is much work.
template <typename Work>
void for_each_row(std::int64_t row_count, const Work& work) {
  at::parallel_for(0, row_count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) work(row);
  });
}

void zero_columns_around(const at::Tensor& map) {
  map.select(1, 0).zero_();
  map.select(1, map.size(1) - 1).zero_();
}

HalfSegment segment_of(const at::Tensor& map, std::int64_t row, std::int64_t kernel, const Half* weights,
                       std::int64_t weight_channels) {
  const std::int64_t channels = map.size(2);
  const std::int64_t row_pitch = map.size(1) * channels;
  return {data(map) + row * row_pitch, row_pitch, channels, channels, kernel, weights, weight_channels};
}

}  // namespace

at::Tensor pack_half(const at::Tensor& weight) {
  const std::int64_t missing = (kHalfBlock - weight.size(0) % kHalfBlock) % kHalfBlock;
  const at::Tensor full = at::constant_pad_nd(weight, {0, 0, 0, 0, 0, 0, 0, missing}).contiguous();
  const at::Tensor packed = empty_half({full.numel()});
  half_kernels()->pack_weights(full.data_ptr<float>(), full.size(0), full.size(1), full.size(2),
                               data(packed));
  return packed;
}

at::Tensor activate_half(std::span<const at::Tensor> parts, const Affine& norm, std::int64_t zero_rows_before,
                         std::int64_t zero_rows_after, std::int64_t zero_columns) {
  const std::int64_t rows = parts.front().size(0);
  const std::int64_t columns = parts.front().size(1);
  const std::int64_t channels = norm.scale.size(0);
  const std::int64_t out_columns = columns + 2 * zero_columns;
  const at::Tensor out = empty_half({zero_rows_before + rows + zero_rows_after, out_columns, channels});
  if (zero_columns > 0) zero_columns_around(out);
  if (zero_rows_before > 0) out.narrow(0, 0, zero_rows_before).zero_();
  if (zero_rows_after > 0) out.narrow(0, zero_rows_before + rows, zero_rows_after).zero_();
  std::int64_t channel = 0;
  for (const at::Tensor& part : parts) {
    const std::int64_t part_channels = part.size(2);
    for_each_row(rows, [&](std::int64_t row) {
      half_kernels()->activate(
          data(part) + row * columns * part_channels, floats(norm.scale) + channel,
          floats(norm.shift) + channel, static_cast<float>(kLeakySlope), columns, part_channels,
          data(out) + ((zero_rows_before + row) * out_columns + zero_columns) * channels + channel, channels);
    });
    channel += part_channels;
  }
  return out;
}

at::Tensor convolve_half(const at::Tensor& map, const at::Tensor& packed, const at::Tensor& bias) {
  const std::int64_t columns = map.size(1) - 2;
  const std::int64_t channels = bias.size(0);
  const at::Tensor out = empty_half({map.size(0) - 2, columns + 2, channels});
  zero_columns_around(out);
  for_each_row(out.size(0), [&](std::int64_t row) {
    HalfRow work;
    work.segments[work.segment_count++] = segment_of(map, row, 3, data(packed), map.size(2));
    work.bias = floats(bias);
    work.slope = static_cast<float>(kLeakySlope);
    work.out = data(out) + (row * (columns + 2) + 1) * channels;
    work.out_pixel_pitch = channels;
    work.columns = columns;
    work.channels = channels;
    half_kernels()->convolve_row(work);
  });
  return out;
}

at::Tensor convolve_half_onto(const at::Tensor& map, const at::Tensor& packed,
                              std::span<const at::Tensor> parts, std::int64_t first_row,
                              const at::Tensor& shortcut, const at::Tensor& shortcut_bias) {
  const std::int64_t columns = map.size(1) - 2;
  const std::int64_t channels = map.size(2);
  const at::Tensor out = empty_half({map.size(0) - 2, columns, channels});
  std::int64_t part_channels = 0;
  for (const at::Tensor& part : parts) part_channels += part.size(2);
  for_each_row(out.size(0), [&](std::int64_t row) {
    HalfRow work;
    work.segments[work.segment_count++] = segment_of(map, row, 3, data(packed), channels);
    if (shortcut.defined()) {
      const Half* weights = data(shortcut);
      for (const at::Tensor& part : parts) {
        work.segments[work.segment_count++] = segment_of(part, first_row + row, 1, weights, part_channels);
        weights += part.size(2) * kHalfBlock;
      }
      work.bias = floats(shortcut_bias);
    } else {
      work.residual = data(parts.front()) + (first_row + row) * columns * channels;
      work.residual_pixel_pitch = channels;
    }
    work.out = data(out) + row * columns * channels;
    work.out_pixel_pitch = channels;
    work.columns = columns;
    work.channels = channels;
    half_kernels()->convolve_row(work);
  });
  return out;
}

at::Tensor upsample_half(const at::Tensor& map, const at::Tensor& packed, const at::Tensor& bias,
                         std::int64_t channels, std::int64_t rows, std::int64_t columns) {
  const std::int64_t in_channels = map.size(2);
  const at::Tensor out = empty_half({map.size(0) * rows, map.size(1) * columns, channels});
  for_each_row(out.size(0), [&](std::int64_t row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      const std::int64_t pixel = row % rows * columns + column;
      HalfRow work;
      work.segments[work.segment_count++] =
          segment_of(map, row / rows, 1, data(packed) + pixel * channels * in_channels, in_channels);
      work.bias = floats(bias);
      work.out = data(out) + (row * out.size(1) + column) * channels;
      work.out_pixel_pitch = columns * channels;
      work.columns = map.size(1);
      work.channels = channels;
      half_kernels()->convolve_row(work);
    }
  });
  return out;
}

at::Tensor average_pool_half(const at::Tensor& map, std::int64_t rows, std::int64_t columns) {
  const std::int64_t channels = map.size(2);
  const at::Tensor out = empty_half({map.size(0) / rows, map.size(1) / columns, channels});
  const std::int64_t row_pitch = map.size(1) * channels;
  for_each_row(out.size(0), [&](std::int64_t row) {
    half_kernels()->average(data(map) + row * rows * row_pitch, row_pitch, rows, columns, out.size(1),
                            channels, data(out) + row * out.size(1) * channels);
  });
  return out;
}

at::Tensor lift_half(const at::Tensor& bins, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor dense = bins.contiguous();
  const std::int64_t channels = weight.size(0);
  const at::Tensor out = empty_half({dense.size(0), dense.size(1), channels});
  for_each_row(dense.size(0), [&](std::int64_t row) {
    half_kernels()->lift(floats(dense) + row * dense.size(1), floats(weight), floats(bias), dense.size(1),
                         channels, data(out) + row * dense.size(1) * channels);
  });
  return out;
}

}  // namespace pupil::separator
