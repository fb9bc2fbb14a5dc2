// SPDX-License-Identifier: Apache-2.0
// What quantised layers mean: plain loops, never optimised. fast_kernels.h equals them to the bit.
//
// Convolutions, fully connected layers and means follow TensorFlow Lite's integer reference kernels; sigmoid and softmax
// its float tables (as its own kernels for int8 have them), each value rounded to the nearest.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "tflite/plans.h"

namespace pupil::tflite {

/// The layers that take nearly all the time, in one way of computing them. `input` and `output` are as large as
/// the plan says and are different memory.
struct Kernels {
  void (*convolve)(const ConvolutionPlan& plan, std::span<const std::int8_t> input,
                   std::span<std::int8_t> output);
  void (*convolve_depthwise)(const ConvolutionPlan& plan, std::span<const std::int8_t> input,
                             std::span<std::int8_t> output);
};

const Kernels& reference_kernels();

/// What a sum of products becomes: bias, factor, zero point, range.
inline std::int8_t finish(const ConvolutionPlan& plan, std::size_t channel, std::int32_t sum) {
  const std::int64_t whole = std::clamp<std::int64_t>(std::int64_t{sum} + plan.bias[channel],
                                                      std::numeric_limits<std::int32_t>::min(),
                                                      std::numeric_limits<std::int32_t>::max());
  const std::int64_t value =
      std::int64_t{scaled(static_cast<std::int32_t>(whole), plan.factors[channel])} + plan.output_zero;
  return static_cast<std::int8_t>(std::clamp<std::int64_t>(value, plan.low, plan.high));
}

void take_mean(const MeanPlan& plan, std::span<const std::int8_t> input, std::span<std::int8_t> output);

/// The output of a sigmoid for each input from -128 on.
std::array<std::int8_t, 256> logistic_table(const Tensor& input, const Tensor& output);

/// Over the whole of `input`.
void take_softmax(const Tensor& from, const Tensor& to, float beta, std::span<const std::int8_t> input,
                  std::span<std::int8_t> output);

/// Both ways between real numbers and int8; what is not finite counts as 0.
void quantise(const Tensor& to, std::span<const float> input, std::span<std::int8_t> output);
void dequantise(const Tensor& from, std::span<const std::int8_t> input, std::span<float> output);

}  // namespace pupil::tflite
