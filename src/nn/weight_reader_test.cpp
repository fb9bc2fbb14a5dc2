// SPDX-License-Identifier: Apache-2.0
#include "nn/weight_reader.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "base/test_folder.h"

namespace pupil::nn {
namespace {

class WeightReaderTest : public testing::Test {
 protected:
  WeightReaderTest() {
    write_safetensors(folder_ / "w",
                      std::vector<NamedTensor>{{"net.a", at::ones({2, 3})},
                                               {"net.b", at::ones({4}).to(at::kBFloat16)},
                                               {"net.bn.num_batches_tracked", at::zeros({}, at::kLong)},
                                               {"other.c", at::ones(1)}});
  }
  WeightReader reader() const { return {TensorFile::open(folder_ / "w"), "net."}; }

  static std::string failure(const WeightReader& reader) {
    try {
      reader.finish({"*.num_batches_tracked"});
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  TestFolder folder_;
};

TEST_F(WeightReaderTest, AllTakenIsFine) {
  WeightReader weights = reader();
  EXPECT_EQ(weights.size("a", 1), 3);
  EXPECT_EQ(weights.take("a", {2, 3}).sum().item<float>(), 6.0f);
  EXPECT_EQ(weights.take("b", {4}).scalar_type(), at::kFloat);
  EXPECT_FALSE(weights.take_optional("absent", {1}).defined());
  EXPECT_EQ(failure(weights), "");
  EXPECT_THROW(weights.finish(), Error);
}

TEST_F(WeightReaderTest, NamesEverythingThatDoesNotFit) {
  WeightReader weights = reader();
  EXPECT_EQ(weights.take("a", {3, 2}).sizes(), (at::IntArrayRef{3, 2}));
  EXPECT_EQ(weights.take("d", {1 << 30, 1 << 30}).dim(), 2);
  EXPECT_EQ(weights.shape("e"), std::vector<std::int64_t>{});
  weights.note("no beard");
  const std::string text = failure(weights);
  for (const char* part : {"'a' is [2, 3], wanted [3, 2]", "missing 'd' [1073741824, 1073741824]",
                           "missing 'e'", "no beard", "extra 'b' [4]", "under 'net.'"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in: " << text;
  }
  EXPECT_EQ(text.find("other"), std::string::npos);
}

TEST_F(WeightReaderTest, IntegersAreNotWeights) {
  WeightReader weights = reader();
  weights.take("bn.num_batches_tracked", {});
  EXPECT_NE(failure(weights).find("is of Long, wanted Float"), std::string::npos);
  EXPECT_EQ(reader().take_integers("bn.num_batches_tracked", {}).item<std::int64_t>(), 0);
}

TEST_F(WeightReaderTest, NamesNumbersThatAreNone) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  write_safetensors(folder_ / "w",
                    std::vector<NamedTensor>{{"net.a", at::tensor({1.0f, kNan, 3e38f, -kInfinity})},
                                             {"net.half", at::tensor({65504.0f, kInfinity}).to(at::kHalf)},
                                             {"net.wide", at::tensor({1e300, 1.0}, at::kDouble)},
                                             {"net.running_var", at::full({1}, kNan)},
                                             {"net.fine", at::tensor({3.4e38f, 1e-45f, -0.0f})},
                                             {"net.none", at::zeros({0, 3})}});
  WeightReader weights = reader();
  weights.take("a", {4});
  weights.take("half", {2});
  weights.take("wide", {2});
  weights.take_optional("running_var", {1});
  weights.take("fine", {3});
  weights.take("none", {0, 3});
  EXPECT_TRUE(weights.has_problems());
  const std::string text = failure(weights);
  for (const char* part : {"'a' holds 2 NaN or infinite of its 4 numbers", "'half' holds 1 ",
                           "'wide' holds 1 ", "'running_var' holds 1 "}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in: " << text;
  }
  EXPECT_EQ(text.find("'fine'"), std::string::npos) << text;
}

TEST(MatchesPattern, StarStandsForAnyText) {
  EXPECT_TRUE(matches_pattern("*.mask", "a.b.mask"));
  EXPECT_TRUE(matches_pattern("a*c*", "abcbc"));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_FALSE(matches_pattern("*.mask", "a.mask.x"));
  EXPECT_FALSE(matches_pattern("a", "ab"));
}

}  // namespace
}  // namespace pupil::nn
