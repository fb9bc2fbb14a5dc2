// SPDX-License-Identifier: Apache-2.0
// Layers of a model file as the kernels take them: sizes, steps and fixed-point factors, all checked here.
// Images are [height, width, C], one at a time.

#pragma once

#include <cstdint>
#include <vector>

#include "tflite/model_file.h"
#include "tflite/rounding.h"

namespace pupil::tflite {

/// A convolution, a depthwise one, or a fully connected layer (of an image of one pixel). For each output,
///   sum of weight * (input - input_zero) over the taps inside the image, plus bias,
/// times the channel's factor, plus output_zero, cut to [low, high].
struct ConvolutionPlan {
  std::int32_t input_height = 1, input_width = 1, input_channels = 1;
  std::int32_t output_height = 1, output_width = 1, output_channels = 1;
  std::int32_t kernel_height = 1, kernel_width = 1;
  std::int32_t stride_height = 1, stride_width = 1;
  std::int32_t dilation_height = 1, dilation_width = 1;
  std::int32_t pad_top = 0, pad_left = 0;  ///< rows and columns that are outside the image, before it
  std::int32_t input_zero = 0, output_zero = 0;
  std::int32_t low = -128, high = 127;
  std::vector<std::int8_t>
      weights;  ///< [output, kernel height, width, input]; depthwise [kernel height, width, C]
  std::vector<std::int32_t> bias;    ///< [output]
  std::vector<FixedFactor> factors;  ///< [output]

  std::int64_t input_count() const { return std::int64_t{input_height} * input_width * input_channels; }
  std::int64_t output_count() const { return std::int64_t{output_height} * output_width * output_channels; }
  /// Products of one output of a convolution that is not depthwise; at most kMostTaps.
  std::int64_t taps() const { return std::int64_t{kernel_height} * kernel_width * input_channels; }
};

/// So that a sum of products fits 32 bits: 32768 * 255 * 128 < 2^31.
constexpr std::int64_t kMostTaps = 32768;

/// Error: types, shapes or scales that are not of an int8 layer with a batch of one.
ConvolutionPlan convolution_plan(const ModelFile& file, const Operator& op);
/// One output channel for each input channel.
ConvolutionPlan depthwise_plan(const ModelFile& file, const Operator& op);
ConvolutionPlan fully_connected_plan(const ModelFile& file, const Operator& op);

/// The mean over height and width, [C]: the sum of (input - input_zero) times the factor, divided by the count,
/// halves away from zero, plus output_zero.
struct MeanPlan {
  std::int32_t position_count = 1;  ///< height * width, at most 2^23, so that the sum fits
  std::int32_t channel_count = 1;
  std::int32_t input_zero = 0, output_zero = 0;
  FixedFactor factor;
};
MeanPlan mean_plan(const ModelFile& file, const Operator& op);

/// output[i] = input[order[i]].
std::vector<std::int32_t> transpose_order(const ModelFile& file, const Operator& op);

/// A tensor with one scale. Error: another.
void require_quantised(const Tensor& tensor);

/// The tensor that an operator takes or gives. Error: it has none in that place.
const Tensor& input_of(const ModelFile& file, const Operator& op, std::size_t place);
const Tensor& output_of(const ModelFile& file, const Operator& op);

}  // namespace pupil::tflite
