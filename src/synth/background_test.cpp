// SPDX-License-Identifier: Apache-2.0
#include "synth/background.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "synth/testing.h"

namespace pupil::synth {
namespace {

TEST(Background, EveryKindIsHeardAndAgainTheSame) {
  for (const SoundKind kind : background_kinds()) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const Samples samples = make_background(kind, 2, seed);
      EXPECT_EQ(samples.size(), 64000U);
      EXPECT_FLOAT_EQ(static_cast<float>(peak_of(samples)), 1.0F) << kind_name(kind) << seed;
      EXPECT_GT(power(samples), 1e-5) << kind_name(kind) << seed;
      EXPECT_EQ(samples, make_background(kind, 2, seed)) << kind_name(kind);
      EXPECT_NE(samples, make_background(kind, 2, seed + 1)) << kind_name(kind);
    }
  }
}

TEST(Background, ABedFillsItsTime) {
  for (const SoundKind kind : background_kinds()) {
    if (!is_bed(kind)) continue;
    const Samples samples = make_background(kind, 20, 3);
    for (std::size_t begin = 0; begin < samples.size(); begin += 160'000)
      EXPECT_GT(power(std::span(samples).subspan(begin, 160'000)), 1e-7) << kind_name(kind) << begin;
  }
}

TEST(Background, RefusesVoicesAndOddLengths) {
  EXPECT_THROW(make_background(SoundKind::bark, 2, 1), Error);
  EXPECT_THROW(make_background(SoundKind::rain, 0, 1), Error);
  EXPECT_THROW(make_background(SoundKind::rain, 3601, 1), Error);
}

}  // namespace
}  // namespace pupil::synth
