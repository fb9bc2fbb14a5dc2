#include "nn/weight_reader.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

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

TEST(MatchesPattern, StarStandsForAnyText) {
  EXPECT_TRUE(matches_pattern("*.mask", "a.b.mask"));
  EXPECT_TRUE(matches_pattern("a*c*", "abcbc"));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_FALSE(matches_pattern("*.mask", "a.mask.x"));
  EXPECT_FALSE(matches_pattern("a", "ab"));
}

}  // namespace
}  // namespace pupil::nn
