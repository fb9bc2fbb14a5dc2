// SPDX-License-Identifier: Apache-2.0
#include "synth/dead_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace pupil::synth {
namespace {

TEST(DeadInput, SilenceIsExactlyZero) {
  EXPECT_EQ(make_dead_input(0, 1), Samples(kRateHz, 0.0F));
}

TEST(DeadInput, AllAreWithinFullScaleAndOnlySilenceIsSilent) {
  for (std::size_t i = 0; i < dead_input_names().size(); ++i) {
    const Samples samples = make_dead_input(i, 8);
    const bool fits = std::ranges::all_of(samples, [](float x) { return std::abs(x) <= 1; });
    EXPECT_TRUE(fits) << dead_input_names()[i];
    EXPECT_EQ(power(samples) > 0, i != 0) << dead_input_names()[i];
  }
}

TEST(DeadInput, AnImpossibleLengthIsAnError) {
  EXPECT_THROW(make_dead_input(0, 0), Error);
}

}  // namespace
}  // namespace pupil::synth
