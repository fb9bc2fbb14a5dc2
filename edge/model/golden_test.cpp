// SPDX-License-Identifier: Apache-2.0
#include "model/golden.h"

#include <gtest/gtest.h>

#include "model/model_file_test.h"

namespace pupil::edge {
namespace {

TEST(Golden, ReadsWhatItWrote) {
  const LoadedModel loaded("micro");
  const auto cases = make_golden_cases(loaded.model, 6);
  ASSERT_EQ(cases.size(), 6U);
  const auto read = read_golden(loaded.model, write_golden(loaded.model, cases));
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ((*read)[i].samples, cases[i].samples);
    EXPECT_TRUE(same_bits((*read)[i], cases[i]));
  }
  EXPECT_FALSE(same_bits(cases[0], cases[3]));
}

TEST(Golden, EveryKernelSetGivesTheSameAnswer) {
  const LoadedModel loaded("tiny");
  const auto cases = make_golden_cases(loaded.model, 6);
  for (std::int32_t set = 0; set < kKernelSetCount; ++set) {
    const auto kernels = static_cast<KernelSet>(set);
    if (!kernel_set_available(kernels)) continue;
    for (const GoldenCase& c : cases) {
      const auto answer = answer_golden(loaded.model, kernels, c.samples);
      ASSERT_TRUE(answer.has_value());
      EXPECT_TRUE(same_bits(*answer, c)) << to_string(kernels);
    }
  }
}

TEST(Golden, RefusesDamageAndOtherModels) {
  const LoadedModel loaded("micro");
  const LoadedModel other("micro", 2);
  std::vector<std::byte> file = write_golden(loaded.model, make_golden_cases(loaded.model, 2));
  EXPECT_FALSE(read_golden(other.model, file).has_value());
  file.pop_back();
  EXPECT_FALSE(read_golden(loaded.model, file).has_value());
  file.push_back(std::byte{1});
  EXPECT_FALSE(read_golden(loaded.model, file).has_value());
  EXPECT_FALSE(read_golden(loaded.model, {}).has_value());
}

}  // namespace
}  // namespace pupil::edge
