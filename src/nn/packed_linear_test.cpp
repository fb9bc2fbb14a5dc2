// SPDX-License-Identifier: Apache-2.0
#include "nn/packed_linear.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

namespace pupil::nn {
namespace {

double max_real_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kFloat) - b.to(at::kFloat)).abs().max().item<double>();
}

// Sums of `in` products of unit normals, weights scaled so that they have the size of 1.
Linear random_linear(std::int64_t out, std::int64_t in) {
  return {at::randn({out, in}) / std::sqrt(static_cast<double>(in)), at::randn({out})};
}

// Rows, inputs and outputs that fill registers, panels and blocks not quite, quite, and a little more.
struct Shape {
  std::int64_t rows, in, out;
};
const Shape kShapes[] = {{1, 2, 1},    {7, 16, 47},   {8, 24, 48},    {9, 94, 49},   {31, 96, 96},
                         {33, 98, 33}, {64, 192, 80}, {257, 130, 64}, {513, 96, 288}};

void expect_equal(Precision precision, double tolerance) {
  const at::ScalarType factors = factor_type(precision);
  for (const Shape& shape : kShapes) {
    SCOPED_TRACE(testing::Message() << shape.rows << " x " << shape.in << " x " << shape.out);
    const Linear linear = random_linear(shape.out, shape.in);
    const at::Tensor x = at::randn({shape.rows, shape.in});
    const at::Tensor expected = linear(x);
    const PackedLinear plain(linear, factors), gelu(linear, factors, Activation::gelu);
    const at::Tensor input = x.to(plain.input_type());
    EXPECT_LE(max_real_difference(plain(input), expected), tolerance);
    EXPECT_LE(max_real_difference(plain(input, plain.input_type()), expected), 2 * tolerance);
    EXPECT_LE(max_real_difference(gelu(input, gelu.input_type()), at::gelu(expected)), 2 * tolerance);
    at::Tensor sum = at::randn({shape.rows, shape.out});
    const at::Tensor total = sum + expected;
    plain.add_to(sum, input);
    EXPECT_LE(max_real_difference(sum, total), tolerance);
    const Linear unbiased{linear.weight, {}};
    EXPECT_LE(max_real_difference(PackedLinear(unbiased, factors)(input), unbiased(x)), tolerance);
  }
}

// float32 sums of at most 192 products in another order.
TEST(PackedLinear, EqualsTheLinearLayer) {
  expect_equal(Precision::f32, 2e-5);
}

// Factors of size 1 rounded to 8 (bfloat16) or 11 bits (half): 4 standard deviations of about 2^-8.
TEST(PackedLinear, SixteenBitFactorsComeClose) {
  expect_equal(Precision::bf16, 0.03);
}

}  // namespace
}  // namespace pupil::nn
