// SPDX-License-Identifier: Apache-2.0
// The fast layers against the reference, on shapes where libraries take other paths and sums come near 2^24.
#include "tflite/fast_kernels.h"

#include <gtest/gtest.h>

#include "tflite/test_model.h"

namespace pupil::tflite {
namespace {

struct Sizes {
  std::int32_t height, width, inputs, outputs, kernel, stride, dilation;
};

ConvolutionPlan plan_of(const Sizes& s, bool depthwise) {
  ConvolutionPlan plan;
  plan.input_height = s.height;
  plan.input_width = s.width;
  plan.input_channels = s.inputs;
  plan.output_channels = depthwise ? s.inputs : s.outputs;
  plan.output_height = (s.height + s.stride - 1) / s.stride;
  plan.output_width = (s.width + s.stride - 1) / s.stride;
  plan.kernel_height = plan.kernel_width = s.kernel;
  plan.stride_height = plan.stride_width = s.stride;
  plan.dilation_height = plan.dilation_width = s.dilation;
  plan.pad_top = plan.pad_left = (s.kernel - 1) * s.dilation / 2;
  plan.input_zero = -7;
  plan.output_zero = 4;
  const std::int64_t weights = std::int64_t{s.kernel} * s.kernel * s.inputs * (depthwise ? 1 : s.outputs);
  plan.weights = testing::random_int8(static_cast<std::size_t>(weights), 5);
  for (std::int32_t i = 0; i < plan.output_channels; ++i) {
    plan.bias.push_back(100 * i - 300);
    plan.factors.push_back(fixed_factor(0.002 + 0.0001 * i));
  }
  return plan;
}

class FastKernels : public ::testing::TestWithParam<Sizes> {};

TEST_P(FastKernels, EqualTheReference) {
  for (const bool depthwise : {false, true}) {
    const ConvolutionPlan plan = plan_of(GetParam(), depthwise);
    const auto input = testing::random_int8(static_cast<std::size_t>(plan.input_count()), 9);
    std::vector<std::int8_t> fast(static_cast<std::size_t>(plan.output_count())), slow(fast.size());
    const Kernels &a = fast_kernels(), &b = reference_kernels();
    (depthwise ? a.convolve_depthwise : a.convolve)(plan, input, fast);
    (depthwise ? b.convolve_depthwise : b.convolve)(plan, input, slow);
    ASSERT_EQ(fast, slow) << (depthwise ? "depthwise" : "whole");
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, FastKernels,
                         ::testing::Values(Sizes{1, 1, 1, 1, 1, 1, 1}, Sizes{3, 2, 3, 5, 3, 1, 1},
                                           Sizes{7, 9, 15, 17, 3, 2, 1}, Sizes{8, 8, 16, 31, 5, 2, 1},
                                           Sizes{9, 7, 33, 8, 3, 1, 2}, Sizes{5, 5, 63, 65, 1, 2, 1},
                                           Sizes{1, 1, 511, 3, 1, 1, 1}, Sizes{1, 1, 513, 3, 1, 1, 1},
                                           Sizes{2, 3, 1024, 64, 1, 1, 1}, Sizes{25, 25, 1, 2, 25, 1, 1}));

TEST(FastKernelsBound, TheLargestSumsAreExact) {
  for (const std::int32_t taps : {512, 4095}) {
    ConvolutionPlan plan = plan_of({1, 1, taps, 1, 1, 1, 1}, false);
    plan.input_zero = 127;
    plan.weights.assign(static_cast<std::size_t>(taps), -128);
    plan.bias = {1};
    // Where one unit of the sum decides: the sum is a multiple of 255 * 128, the bias the unit beside it.
    plan.factors = {fixed_factor(1.0 / (255.0 * 128.0 * taps))};
    std::vector<std::int8_t> fast(1), slow(1);
    const std::vector<std::int8_t> input(static_cast<std::size_t>(taps), -128);
    fast_kernels().convolve(plan, input, fast);
    reference_kernels().convolve(plan, input, slow);
    EXPECT_EQ(fast, slow);
    EXPECT_EQ(fast[0], 4 + 1);
  }
}

}  // namespace
}  // namespace pupil::tflite
