// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernels.h"

#include <gtest/gtest.h>

#include "kernels/equality_test.h"
#include "kernels/table.h"

namespace pupil::edge {
namespace {

using kernels::OutputRange;
using kernels::reference::requantise;

constexpr OutputRange kWhole = {0, -128, 127};

class Kernels : public testing::TestWithParam<KernelSet> {};

TEST_P(Kernels, EqualTheReference) {
  const kernels::Table* table = kernels::find_table(GetParam());
  if (table == nullptr) GTEST_SKIP() << to_string(GetParam()) << " cannot run on this machine";
  kernels::EqualityCheck check(*table, kernels::reference::table());
  EXPECT_EQ(check.run(), 0) << "of " << check.cases() << " cases";
}

INSTANTIATE_TEST_SUITE_P(Sets, Kernels,
                         testing::Values(KernelSet::reference, KernelSet::avx2, KernelSet::avx_vnni,
                                         KernelSet::avx512_vnni, KernelSet::neon, KernelSet::neon_dot),
                         [](const auto& test) { return std::string(to_string(test.param)); });

// 2^-7 of the sum, exactly: m = 16384, s = 0.
TEST(Requantise, RoundsHalvesUp) {
  EXPECT_EQ(requantise(128, 16384, 0, kWhole), 1);
  EXPECT_EQ(requantise(64, 16384, 0, kWhole), 1);
  EXPECT_EQ(requantise(63, 16384, 0, kWhole), 1);  // 31.5 rounds to 32 before the last step
  EXPECT_EQ(requantise(62, 16384, 0, kWhole), 0);
  EXPECT_EQ(requantise(-64, 16384, 0, kWhole), 0);
  EXPECT_EQ(requantise(-66, 16384, 0, kWhole), -1);
  EXPECT_EQ(requantise(-128, 16384, 0, kWhole), -1);
}

TEST(Requantise, ShiftsWithItsOwnHalf) {
  EXPECT_EQ(requantise(128 << 5, 16384, 5, kWhole), 1);
  EXPECT_EQ(requantise((64 << 5) - 16, 16384, 5, kWhole), 1);
  EXPECT_EQ(requantise((62 << 5) - 17, 16384, 5, kWhole), 0);
}

TEST(Requantise, SaturatesBeforeItWraps) {
  EXPECT_EQ(requantise((1 << 30) - 1, 32767, 0, kWhole), 127);
  EXPECT_EQ(requantise(-(1 << 30), 32767, 0, kWhole), -128);
  EXPECT_EQ(requantise(1 << 30, 32767, 0, {-128, -128, 127}), 127);
  EXPECT_EQ(requantise(-(1 << 30), 32767, 0, {127, -128, 127}), -128);
}

TEST(Requantise, ClampsToItsRange) {
  EXPECT_EQ(requantise(-5000, 16384, 0, {3, 3, 40}), 3);
  EXPECT_EQ(requantise(500000, 16384, 0, {3, 3, 40}), 40);
}

TEST(Requantise, OfNothingIsTheZeroPoint) {
  EXPECT_EQ(requantise(0, 32767, 7, {-17, -128, 127}), -17);
  EXPECT_EQ(requantise(1 << 20, 0, 7, {-17, -128, 127}), -17);
}

TEST(KernelSets, HaveNamesThatParse) {
  for (std::int32_t i = 0; i < kKernelSetCount; ++i) {
    KernelSet set = KernelSet::automatic;
    ASSERT_TRUE(parse_kernel_set(to_string(static_cast<KernelSet>(i)), &set));
    EXPECT_EQ(static_cast<std::int32_t>(set), i);
  }
  KernelSet set = KernelSet::neon;
  EXPECT_FALSE(parse_kernel_set("sse9", &set));
  EXPECT_EQ(set, KernelSet::neon);
}

TEST(KernelSets, ReferenceIsAlwaysThere) {
  EXPECT_TRUE(kernel_set_available(KernelSet::reference));
  EXPECT_TRUE(kernel_set_available(KernelSet::automatic));
  EXPECT_FALSE(kernel_set_available(KernelSet::wasm_simd));
}

}  // namespace
}  // namespace pupil::edge
