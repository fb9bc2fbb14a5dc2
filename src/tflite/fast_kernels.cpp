// SPDX-License-Identifier: Apache-2.0
// Why sums in float32 are exact here: every product and every partial sum is a whole number, and float32 holds whole
// numbers up to 2^24. A product is at most 255 * 128 in size, so sums of kExactTaps products stay below that, in
// whatever order the library adds and whether it fuses or not. Longer sums are made of such parts, added in int32.
//
// 1. A convolution becomes a matrix product: a row for each output position, its taps side by side ("im2col"), pixels
//    outside the image as 0, which is what the reference leaves out. A kernel of one pixel with steps of one needs no
//    copy.
// 2. Inputs become float(input - input_zero) once, for all taps.

#include "tflite/fast_kernels.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <vector>

namespace pupil::tflite {
namespace {

constexpr std::int64_t kExactTaps = 512;
static_assert(kExactTaps * 255 * 128 < (1 << 24));

std::vector<float> shifted_input(const ConvolutionPlan& p, std::span<const std::int8_t> input) {
  std::vector<float> values(input.size());
  for (std::size_t i = 0; i < input.size(); ++i) values[i] = static_cast<float>(input[i] - p.input_zero);
  return values;
}

bool is_matrix_already(const ConvolutionPlan& p) {
  return p.kernel_height == 1 && p.kernel_width == 1 && p.stride_height == 1 && p.stride_width == 1;
}

// Row of an output position: [kernel height, width, input channels].
void write_taps(const ConvolutionPlan& p, const std::vector<float>& image, std::int32_t row,
                std::int32_t column, float* out) {
  for (std::int32_t i = 0; i < p.kernel_height; ++i) {
    const std::int32_t y = row * p.stride_height - p.pad_top + i * p.dilation_height;
    for (std::int32_t j = 0; j < p.kernel_width; ++j, out += p.input_channels) {
      const std::int32_t x = column * p.stride_width - p.pad_left + j * p.dilation_width;
      if (y < 0 || y >= p.input_height || x < 0 || x >= p.input_width) continue;  // stays 0
      const float* pixel = image.data() + (std::int64_t{y} * p.input_width + x) * p.input_channels;
      std::copy(pixel, pixel + p.input_channels, out);
    }
  }
}

// [output positions, taps]
std::vector<float> tap_matrix(const ConvolutionPlan& p, std::vector<float> image) {
  if (is_matrix_already(p)) return image;
  std::vector<float> matrix(static_cast<std::size_t>(p.output_height) *
                            static_cast<std::size_t>(p.output_width) * static_cast<std::size_t>(p.taps()));
  float* out = matrix.data();
  for (std::int32_t row = 0; row < p.output_height; ++row) {
    for (std::int32_t column = 0; column < p.output_width; ++column, out += p.taps())
      write_taps(p, image, row, column, out);
  }
  return matrix;
}

void add_product(const at::Tensor& rows, const at::Tensor& weights, std::vector<std::int32_t>* sums) {
  const at::Tensor product = at::mm(rows, weights.t()).contiguous();
  const float* values = product.data_ptr<float>();
  for (std::size_t i = 0; i < sums->size(); ++i) (*sums)[i] += static_cast<std::int32_t>(values[i]);
}

void convolve(const ConvolutionPlan& p, std::span<const std::int8_t> input, std::span<std::int8_t> output) {
  std::vector<float> matrix = tap_matrix(p, shifted_input(p, input));
  std::vector<float> weights(p.weights.begin(), p.weights.end());
  const std::int64_t positions = std::int64_t{p.output_height} * p.output_width, taps = p.taps();
  const at::Tensor rows = at::from_blob(matrix.data(), {positions, taps});
  const at::Tensor columns = at::from_blob(weights.data(), {p.output_channels, taps});
  std::vector<std::int32_t> sums(output.size());
  for (std::int64_t first = 0; first < taps; first += kExactTaps) {
    const std::int64_t last = std::min(taps, first + kExactTaps);
    add_product(rows.slice(1, first, last), columns.slice(1, first, last), &sums);
  }
  const std::size_t channels = p.factors.size();
  for (std::size_t i = 0; i < output.size(); ++i) output[i] = finish(p, i % channels, sums[i]);
}

void add_tap(const float* pixel, const float* weights, std::size_t count, float* sums) {
  for (std::size_t c = 0; c < count; ++c) sums[c] += pixel[c] * weights[c];
}

void convolve_depthwise(const ConvolutionPlan& p, std::span<const std::int8_t> input,
                        std::span<std::int8_t> output) {
  if (std::int64_t{p.kernel_height} * p.kernel_width > kExactTaps)
    return reference_kernels().convolve_depthwise(p, input, output);
  const std::vector<float> image = shifted_input(p, input);
  const std::vector<float> weights(p.weights.begin(), p.weights.end());
  const std::size_t channels = p.factors.size();
  std::vector<float> sums(channels);
  std::size_t n = 0;
  for (std::int32_t row = 0; row < p.output_height; ++row) {
    for (std::int32_t column = 0; column < p.output_width; ++column) {
      std::fill(sums.begin(), sums.end(), 0.0F);
      for (std::int32_t i = 0; i < p.kernel_height; ++i) {
        const std::int32_t y = row * p.stride_height - p.pad_top + i * p.dilation_height;
        if (y < 0 || y >= p.input_height) continue;
        for (std::int32_t j = 0; j < p.kernel_width; ++j) {
          const std::int32_t x = column * p.stride_width - p.pad_left + j * p.dilation_width;
          if (x < 0 || x >= p.input_width) continue;
          add_tap(image.data() + (std::int64_t{y} * p.input_width + x) * p.input_channels,
                  weights.data() + static_cast<std::size_t>(i * p.kernel_width + j) * channels, channels,
                  sums.data());
        }
      }
      for (std::size_t c = 0; c < channels; ++c)
        output[n++] = finish(p, c, static_cast<std::int32_t>(sums[c]));
    }
  }
}

}  // namespace

const Kernels& fast_kernels() {
  static constexpr Kernels kernels = {convolve, convolve_depthwise};
  return kernels;
}

}  // namespace pupil::tflite
