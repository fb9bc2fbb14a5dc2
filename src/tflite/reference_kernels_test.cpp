// SPDX-License-Identifier: Apache-2.0
// The reference against sums done by hand.
#include "tflite/reference_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace pupil::tflite {
namespace {

// Weights and factors of one, so that the output is the sum of the inputs under the kernel.
ConvolutionPlan adding_plan(std::int32_t height, std::int32_t width, std::int32_t kernel) {
  ConvolutionPlan plan;
  plan.input_height = plan.output_height = height;
  plan.input_width = plan.output_width = width;
  plan.kernel_height = plan.kernel_width = kernel;
  plan.pad_top = plan.pad_left = kernel / 2;
  plan.weights.assign(static_cast<std::size_t>(kernel * kernel), 1);
  plan.bias = {0};
  plan.factors = {fixed_factor(1)};
  return plan;
}

std::vector<std::int8_t> convolve(const ConvolutionPlan& plan, const std::vector<std::int8_t>& input) {
  std::vector<std::int8_t> output(static_cast<std::size_t>(plan.output_count()));
  reference_kernels().convolve(plan, input, output);
  return output;
}

TEST(ReferenceKernels, AConvolutionAddsWhatIsInsideTheImage) {
  EXPECT_EQ(convolve(adding_plan(2, 3, 3), {1, 2, 3, 4, 5, 6}),
            (std::vector<std::int8_t>{12, 21, 16, 12, 21, 16}));
}

TEST(ReferenceKernels, OutsideTheImageTheInputIsItsZero) {
  ConvolutionPlan plan = adding_plan(2, 2, 3);
  plan.input_zero = 10;
  EXPECT_EQ(convolve(plan, {10, 11, 10, 10}), (std::vector<std::int8_t>{1, 1, 1, 1}));
}

TEST(ReferenceKernels, StepsDilationAndRangeHold) {
  ConvolutionPlan plan = adding_plan(3, 3, 2);
  plan.output_height = plan.output_width = 1;
  plan.pad_top = plan.pad_left = 0;
  plan.dilation_height = plan.dilation_width = 2;
  EXPECT_EQ(convolve(plan, {1, 9, 2, 9, 9, 9, 3, 9, 4}), std::vector<std::int8_t>{10});
  plan.high = 7;
  EXPECT_EQ(convolve(plan, {1, 9, 2, 9, 9, 9, 3, 9, 4}), std::vector<std::int8_t>{7});
  plan.output_zero = -20;
  plan.bias = {5};
  EXPECT_EQ(convolve(plan, {1, 9, 2, 9, 9, 9, 3, 9, 4}), std::vector<std::int8_t>{-5});
}

TEST(ReferenceKernels, ADepthwiseConvolutionKeepsChannelsApart) {
  ConvolutionPlan plan = adding_plan(1, 2, 1);
  plan.input_channels = plan.output_channels = 2;
  plan.weights = {1, -2};
  plan.bias = {0, 0};
  plan.factors = {fixed_factor(1), fixed_factor(0.5)};
  std::vector<std::int8_t> output(4);
  reference_kernels().convolve_depthwise(plan, std::vector<std::int8_t>{1, 2, 3, 5}, output);
  EXPECT_EQ(output, (std::vector<std::int8_t>{1, -2, 3, -5}));
}

TEST(ReferenceKernels, AMeanIsRoundedAwayFromZero) {
  MeanPlan plan;
  plan.position_count = 2;
  plan.channel_count = 2;
  plan.factor = fixed_factor(1);
  std::vector<std::int8_t> output(2);
  take_mean(plan, std::vector<std::int8_t>{1, -1, 2, -2}, output);
  EXPECT_EQ(output, (std::vector<std::int8_t>{2, -2}));
}

Tensor quantised(float scale, std::int32_t zero) {
  Tensor tensor;
  tensor.type = ElementType::int8;
  tensor.quantisation = {{scale}, {zero}, 0};
  return tensor;
}

TEST(ReferenceKernels, ASigmoidIsTheNearestOf256Steps) {
  const auto table = logistic_table(quantised(0.1F, 0), quantised(1 / 256.0F, -128));
  for (int x = -128; x < 128; ++x) {
    const double share = std::min(1 / (1 + std::exp(-0.1 * x)), 255 / 256.0);
    EXPECT_NEAR((table[static_cast<std::size_t>(x + 128)] + 128) / 256.0, share, 0.00196) << x;
  }
}

TEST(ReferenceKernels, ASoftmaxAddsUpToOne) {
  const std::vector<std::int8_t> logits = {-50, 3, 90, 91, 127};
  std::vector<std::int8_t> shares(5);
  take_softmax(quantised(0.05F, 7), quantised(1 / 256.0F, -128), 1, logits, shares);
  double sum = 0, real = 0;
  for (const std::int8_t x : logits) real += std::exp(0.05 * x);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR((shares[i] + 128) / 256.0, std::exp(0.05 * logits[i]) / real, 0.00196);
    sum += (shares[i] + 128) / 256.0;
  }
  EXPECT_NEAR(sum, 1, 0.01);
}

TEST(ReferenceKernels, RealNumbersAreRoundedCutAndNeverUndefined) {
  std::vector<std::int8_t> stored(6);
  quantise(quantised(0.5F, 1), std::vector<float>{0.25F, -0.25F, 1e30F, -1e30F, std::nanf(""), INFINITY},
           stored);
  EXPECT_EQ(stored, (std::vector<std::int8_t>{2, 0, 127, -128, 1, 1}));
  std::vector<float> real(2);
  dequantise(quantised(0.5F, 1), std::vector<std::int8_t>{2, 0}, real);
  EXPECT_EQ(real, (std::vector<float>{0.5F, -0.5F}));
}

}  // namespace
}  // namespace pupil::tflite
