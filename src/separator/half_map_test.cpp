// SPDX-License-Identifier: Apache-2.0
#include "separator/half_map.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/test_folder.h"
#include "separator/golden_test.h"
#include "separator/half_kernels.h"
#include "separator/random_checkpoint.h"
#include "separator/separator.h"

namespace pupil::separator {
namespace {

#define SKIP_WITHOUT_HALF() \
  if (half_kernels() == nullptr) GTEST_SKIP() << "this processor or build has no AVX512-FP16"

at::Tensor random_map(std::int64_t rows, std::int64_t columns, std::int64_t channels) {
  return at::randn({rows, columns, channels}).to(at::kHalf);
}

// Relative error of a sum of products in half: rounding of inputs aside, some 288 roundings of 2^-11 in a
// row.
double relative_error(const at::Tensor& ours, const at::Tensor& exact) {
  return ((ours.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
}

at::Tensor as_image(const at::Tensor& map) {
  return map.to(at::kDouble).permute({2, 0, 1}).unsqueeze(0);
}
at::Tensor as_map(const at::Tensor& image) {
  return image[0].permute({1, 2, 0});
}

Affine identity(std::int64_t channels) {
  return {at::ones({channels}), at::zeros({channels})};
}

TEST(HalfMap, ActivatesPartsSideBySide) {
  SKIP_WITHOUT_HALF();
  const at::Tensor parts[] = {random_map(3, 5, 32), random_map(3, 5, 64)};
  const Affine norm{at::randn({96}), at::randn({96})};
  const at::Tensor out = activate_half(parts, norm, 1, 2, 1);
  ASSERT_EQ(out.sizes(), (at::IntArrayRef{6, 7, 96}));
  const at::Tensor joined = at::cat({parts[0], parts[1]}, 2).to(at::kFloat);
  const at::Tensor expected = at::leaky_relu(joined * norm.scale + norm.shift, kLeakySlope);
  EXPECT_LT(distance(out.narrow(0, 1, 3).narrow(1, 1, 5).to(at::kFloat), expected), 4e-3F);
  EXPECT_EQ(out.select(1, 0).abs().max().item<float>(), 0);
  EXPECT_EQ(out.select(1, 6).abs().max().item<float>(), 0);
  EXPECT_EQ(out.narrow(0, 4, 2).abs().max().item<float>(), 0);
}

class HalfConvolution : public testing::TestWithParam<std::tuple<int, int, int>> {};

TEST_P(HalfConvolution, MatchesDouble) {
  SKIP_WITHOUT_HALF();
  const auto [columns, in, out] = GetParam();
  const at::Tensor source = random_map(4, columns, in).abs();
  const at::Tensor weight = (at::randn({out, in, 3, 3}) / std::sqrt(9.0 * in)).to(at::kHalf).to(at::kFloat);
  const at::Tensor bias = at::randn({out});
  const at::Tensor padded = activate_half(std::span(&source, 1), identity(in), 1, 1, 1);
  const at::Tensor ours = convolve_half(padded, pack_half(weight), bias);
  const at::Tensor exact =
      at::leaky_relu(as_map(at::conv2d(as_image(source), weight.to(at::kDouble), bias.to(at::kDouble), {1, 1},
                                       at::IntArrayRef{1, 1})),
                     kLeakySlope);
  EXPECT_LT(relative_error(ours.narrow(1, 1, columns), exact), 5e-3);
}

INSTANTIATE_TEST_SUITE_P(Shapes, HalfConvolution,
                         testing::Values(std::tuple(1, 32, 32), std::tuple(15, 32, 64),
                                         std::tuple(16, 64, 32), std::tuple(17, 32, 32),
                                         std::tuple(33, 96, 32), std::tuple(16, 384, 32)));

TEST(HalfMap, AddsTheShortcutOfBothParts) {
  SKIP_WITHOUT_HALF();
  const at::Tensor middle = random_map(4, 18, 32);
  const at::Tensor parts[] = {random_map(3, 16, 32), random_map(3, 16, 64)};
  const at::Tensor weight = at::zeros({32, 32, 3, 3});
  const at::Tensor shortcut = (at::randn({32, 96, 1, 1}) / 10).to(at::kHalf).to(at::kFloat);
  const at::Tensor bias = at::randn({32});
  const at::Tensor ours = convolve_half_onto(middle, pack_half(weight), parts, 1, pack_half(shortcut), bias);
  const at::Tensor joined = at::cat({parts[0], parts[1]}, 2).narrow(0, 1, 2);
  const at::Tensor exact =
      as_map(at::conv2d(as_image(joined), shortcut.to(at::kDouble), bias.to(at::kDouble)));
  EXPECT_LT(relative_error(ours, exact), 5e-3);
  const at::Tensor plain = convolve_half_onto(middle, pack_half(weight), std::span(parts, 1), 1, {}, {});
  EXPECT_EQ(distance(plain.to(at::kFloat), parts[0].narrow(0, 1, 2).to(at::kFloat)), 0);
}

TEST(HalfMap, UpsamplesAsATransposedConvolution) {
  SKIP_WITHOUT_HALF();
  const at::Tensor source = random_map(3, 16, 64);
  const at::Tensor kernel = (at::randn({64, 32, 2, 2}) / 8).to(at::kHalf).to(at::kFloat);
  const at::Tensor packed = pack_half(kernel.permute({2, 3, 1, 0}).reshape({128, 64, 1, 1}));
  const at::Tensor exact = as_map(at::conv_transpose2d(as_image(source), kernel.to(at::kDouble), {}, {2, 2}));
  EXPECT_LT(relative_error(upsample_half(source, packed, {}, 32, 2, 2), exact), 5e-3);
}

TEST(HalfMap, PoolsAndLifts) {
  SKIP_WITHOUT_HALF();
  const at::Tensor source = random_map(4, 6, 32);
  const at::Tensor exact = as_map(at::avg_pool2d(as_image(source), {2, 2}));
  EXPECT_LT(relative_error(average_pool_half(source, 2, 2), exact), 1e-3);
  const at::Tensor bins = at::randn({2, 5});
  const at::Tensor weight = at::randn({32});
  const at::Tensor bias = at::randn({32});
  EXPECT_LT(
      relative_error(lift_half(bins, weight, bias), (bins.unsqueeze(-1) * weight + bias).to(at::kDouble)),
      1e-3);
}

TEST(HalfMap, NothingBecomesInfinite) {
  SKIP_WITHOUT_HALF();
  const at::Tensor loud = at::full({1, 1, 32}, 60000.0).to(at::kHalf);
  const Affine norm{at::full({32}, 10.0), at::zeros({32})};
  EXPECT_EQ(activate_half(std::span(&loud, 1), norm, 0, 0, 0).to(at::kFloat).max().item<float>(), 65504.0F);
}

// A whole network whose channel counts suit the kernels.
TEST(HalfMap, NetworkIsNearFloat32) {
  const TestFolder folder;
  write_random_checkpoint(folder / "net.safetensors", {{32, 64, 64}, 257, 16});
  const auto output = [&](nn::Precision precision) {
    const Separator separator(folder / "net.safetensors", {precision, "cpu"});
    const std::vector<float> noise = values_of(at::sin(at::arange(20000) * 0.3) * 0.1);
    return at::tensor(separator.separate(noise, separator.query(std::vector<float>(16, 0.25F))));
  };
  const at::Tensor exact = output(nn::Precision::f32);
  // 16-bit numbers throughout: 1 % is -40 dB.
  EXPECT_LT(relative_error(output(nn::Precision::bf16), exact.to(at::kDouble)),
            half_kernels() != nullptr ? 0.01 : 0.05);
}

}  // namespace
}  // namespace pupil::separator
