// SPDX-License-Identifier: Apache-2.0
#include "teacher/window_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

namespace pupil::teacher {
namespace {

struct Case {
  std::int64_t side, shift, heads, head_channels;
};

class WindowAttention : public testing::TestWithParam<Case> {};

// Head channels that fill registers of 16 not quite, quite, and several of them; one that no kernel takes.
TEST_P(WindowAttention, EqualsTheReference) {
  const Case& c = GetParam();
  const WindowLayout layout = make_window_layout(c.side, 8, c.shift, at::randn({225, c.heads}));
  const at::Tensor heads = at::randn({2, c.side * c.side, 3 * c.heads * c.head_channels});
  const at::Tensor expected = reference_window_attention(heads, layout);
  const auto difference = [&](at::ScalarType type) {
    return (window_attention(heads, layout, type).to(at::kFloat) - expected).abs().max().item<double>();
  };
  EXPECT_LE(difference(at::kFloat), 5e-6);     // Values of size 1 to 4, sums in another order.
  EXPECT_LE(difference(at::kHalf), 2e-3);      // 11 bits
  EXPECT_LE(difference(at::kBFloat16), 2e-2);  // 8 bits
}

INSTANTIATE_TEST_SUITE_P(Shapes, WindowAttention,
                         testing::Values(Case{8, 0, 1, 16}, Case{16, 4, 2, 24}, Case{16, 0, 3, 32},
                                         Case{24, 4, 2, 12}, Case{16, 4, 1, 64}, Case{16, 4, 2, 40},
                                         Case{16, 4, 2, 6}));

}  // namespace
}  // namespace pupil::teacher
