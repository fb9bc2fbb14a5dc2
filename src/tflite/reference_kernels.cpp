// SPDX-License-Identifier: Apache-2.0
#include "tflite/reference_kernels.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pupil::tflite {
namespace {

std::int8_t cut_to_int8(double value) {
  return static_cast<std::int8_t>(std::clamp(value, -128.0, 127.0));
}

// Calls `take` with the pixel's first input and the tap's number, for each tap of an output inside the image.
template <typename Take>
void for_each_tap(const ConvolutionPlan& p, std::int32_t row, std::int32_t column, Take take) {
  for (std::int32_t i = 0; i < p.kernel_height; ++i) {
    const std::int32_t y = row * p.stride_height - p.pad_top + i * p.dilation_height;
    if (y < 0 || y >= p.input_height) continue;
    for (std::int32_t j = 0; j < p.kernel_width; ++j) {
      const std::int32_t x = column * p.stride_width - p.pad_left + j * p.dilation_width;
      if (x < 0 || x >= p.input_width) continue;
      take((static_cast<std::size_t>(y) * static_cast<std::size_t>(p.input_width) +
            static_cast<std::size_t>(x)) *
               static_cast<std::size_t>(p.input_channels),
           static_cast<std::size_t>(i * p.kernel_width + j));
    }
  }
}

template <typename Sum>
void for_each_output(const ConvolutionPlan& p, std::span<std::int8_t> output, Sum sum) {
  std::size_t n = 0;
  for (std::int32_t row = 0; row < p.output_height; ++row) {
    for (std::int32_t column = 0; column < p.output_width; ++column) {
      for (std::size_t channel = 0; channel < p.factors.size(); ++channel)
        output[n++] = finish(p, channel, sum(row, column, channel));
    }
  }
}

void convolve(const ConvolutionPlan& p, std::span<const std::int8_t> input, std::span<std::int8_t> output) {
  const auto channels = static_cast<std::size_t>(p.input_channels);
  const auto taps = static_cast<std::size_t>(p.taps());
  for_each_output(p, output, [&](std::int32_t row, std::int32_t column, std::size_t channel) {
    std::int32_t sum = 0;
    for_each_tap(p, row, column, [&](std::size_t pixel, std::size_t tap) {
      const std::int8_t* weights = &p.weights[channel * taps + tap * channels];
      for (std::size_t c = 0; c < channels; ++c) sum += weights[c] * (input[pixel + c] - p.input_zero);
    });
    return sum;
  });
}

void convolve_depthwise(const ConvolutionPlan& p, std::span<const std::int8_t> input,
                        std::span<std::int8_t> output) {
  const auto channels = static_cast<std::size_t>(p.input_channels);
  for_each_output(p, output, [&](std::int32_t row, std::int32_t column, std::size_t channel) {
    std::int32_t sum = 0;
    for_each_tap(p, row, column, [&](std::size_t pixel, std::size_t tap) {
      sum += p.weights[tap * channels + channel] * (input[pixel + channel] - p.input_zero);
    });
    return sum;
  });
}

}  // namespace

const Kernels& reference_kernels() {
  static constexpr Kernels kernels = {convolve, convolve_depthwise};
  return kernels;
}

void take_mean(const MeanPlan& plan, std::span<const std::int8_t> input, std::span<std::int8_t> output) {
  const auto channels = static_cast<std::size_t>(plan.channel_count);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    std::int32_t sum = 0;
    for (std::size_t i = channel; i < input.size(); i += channels) sum += input[i] - plan.input_zero;
    const std::int64_t whole = scaled(sum, plan.factor), half = plan.position_count / 2;
    const std::int64_t mean = (whole > 0 ? whole + half : whole - half) / plan.position_count;
    output[channel] = cut_to_int8(static_cast<double>(mean + plan.output_zero));
  }
}

std::array<std::int8_t, 256> logistic_table(const Tensor& input, const Tensor& output) {
  std::array<std::int8_t, 256> table{};
  for (int value = -128; value < 128; ++value) {
    const float x =
        input.quantisation.scales[0] * static_cast<float>(value - input.quantisation.zero_points[0]);
    const float share = 1 / (1 + std::exp(-x));
    table[static_cast<std::size_t>(value + 128)] =
        cut_to_int8(std::round(share / output.quantisation.scales[0]) + output.quantisation.zero_points[0]);
  }
  return table;
}

void take_softmax(const Tensor& from, const Tensor& to, float beta, std::span<const std::int8_t> input,
                  std::span<std::int8_t> output) {
  const std::int8_t largest = *std::max_element(input.begin(), input.end());
  std::vector<float> powers;
  float sum = 0;
  for (const std::int8_t value : input) {
    // As a double: of extreme scales float32 would make infinity times 0.
    const double exponent = double{beta} * from.quantisation.scales[0] * (value - largest);
    powers.push_back(std::exp(static_cast<float>(exponent)));
    sum += powers.back();
  }
  for (std::size_t i = 0; i < output.size(); ++i)
    output[i] = cut_to_int8(std::round(powers[i] / (sum * to.quantisation.scales[0])) +
                            to.quantisation.zero_points[0]);
}

void quantise(const Tensor& to, std::span<const float> input, std::span<std::int8_t> output) {
  const float scale = to.quantisation.scales[0];
  for (std::size_t i = 0; i < output.size(); ++i) {
    const float value = std::isfinite(input[i]) ? input[i] : 0.0F;
    output[i] = cut_to_int8(std::round(double{value / scale}) + to.quantisation.zero_points[0]);
  }
}

void dequantise(const Tensor& from, std::span<const std::int8_t> input, std::span<float> output) {
  for (std::size_t i = 0; i < output.size(); ++i)
    output[i] = from.quantisation.scales[0] * static_cast<float>(input[i] - from.quantisation.zero_points[0]);
}

}  // namespace pupil::tflite
