// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <vector>

#include "frontend/frame_table.h"

namespace pupil::edge {
namespace {

using Floats = std::array<float, frame::kMostLanes>;

// The bare logarithm: no float that it takes is below the floor.
Floats ln(const frame::Table& table, Floats x) {
  Floats result{};
  table.log({x.data(), result.data(), frame::kMostLanes, FLT_MIN, false, true, 1.0F});
  return result;
}

// Error of ln in units of the last place of the result.
double error_ulp(float x, float got) {
  const double wanted = std::log(static_cast<double>(x));
  if (wanted == 0.0) return got == 0.0F ? 0.0 : HUGE_VAL;
  const int exponent = std::ilogb(static_cast<float>(wanted));
  return std::fabs(static_cast<double>(got) - wanted) / std::ldexp(1.0, exponent - 23);
}

double largest_error_ulp(std::uint32_t first, std::uint32_t last, std::uint32_t step) {
  double largest = 0.0;
  for (std::uint64_t bits = first; bits <= last; bits += std::uint64_t{step} * frame::kMostLanes) {
    Floats x;
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(std::min<std::uint64_t>(bits + i * step, last)));
    }
    const Floats got = ln(frame::four::table(), x);
    for (std::size_t i = 0; i < x.size(); ++i) largest = std::fmax(largest, error_ulp(x[i], got[i]));
  }
  return largest;
}

}  // namespace

TEST(FrameLog, EveryMantissaAroundOne) {
  // 0.5 to 2, where the result passes through 0.
  EXPECT_LT(largest_error_ulp(0x3f000000, 0x40000000, 1), 0.9);
}

TEST(FrameLog, EveryExponent) {
  // All positive normal floats, every 997th.
  EXPECT_LT(largest_error_ulp(0x00800000, 0x7f7fffff, 997), 0.9);
}

TEST(FrameLog, ExactAtOneInEveryLane) {
  Floats ones;
  ones.fill(1.0F);
  EXPECT_EQ(ln(frame::four::table(), ones), Floats{});
}

TEST(FrameLog, AllSetsGiveTheSameBitsForEveryCount) {
  std::vector<float> power(80);
  for (std::size_t i = 0; i < power.size(); ++i)
    power[i] = std::ldexp(1.0F + static_cast<float>(i) / 97, 60 - 2 * static_cast<int>(i));
  for (const KernelSet set : {KernelSet::avx2, KernelSet::avx512_vnni}) {
    const frame::Table* table = frame::find_table(set);
    if (table == nullptr) continue;  // mentioned by the tests of the transform
    for (std::int32_t count = 1; count <= 64; ++count) {
      for (const bool add : {false, true}) {
        for (const float scale : {1.0F, 4.342944819F}) {
          const auto run = [&](const frame::Table& which) {
            std::vector<float> copy = power;
            std::vector<float> frame(power.size(), -1.0F);  // what lies past `count` must stay
            which.log({copy.data(), frame.data(), count, 1e-6F, add, scale != 1.0F || add, scale});
            return frame;
          };
          const auto wanted = run(frame::four::table());
          EXPECT_EQ(std::memcmp(run(*table).data(), wanted.data(), wanted.size() * sizeof(float)), 0)
              << table->name << " " << count;
        }
      }
    }
  }
}

}  // namespace pupil::edge
