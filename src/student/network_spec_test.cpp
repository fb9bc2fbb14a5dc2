// SPDX-License-Identifier: Apache-2.0
#include "student/network_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace pupil::student {
namespace {

std::string message_of(const std::vector<std::string>& blocks, int window_frames = 98) {
  try {
    make_network(blocks, window_frames, 64, 10);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(NetworkSpec, LayersAreValidInTimeAndKeepBins) {
  const std::vector<std::string> blocks = {"conv 8 k3x3 s2x2", "inverted 8 x2"};
  const NetworkSpec spec = make_network(blocks, 20, 16, 3);
  ASSERT_EQ(spec.layers.size(), 7U);  // conv, expand, depthwise, project, add, mean, head
  EXPECT_EQ(spec.layers[0].frames, 9);
  EXPECT_EQ(spec.layers[0].bins, 8);
  EXPECT_EQ(spec.layers[2].frames, 7);
  EXPECT_EQ(spec.layers[2].bins, 8);
  EXPECT_EQ(spec.layers[4].kind, LayerKind::add);
  EXPECT_EQ(spec.layers[4].skip_tensor, 1);
  EXPECT_EQ(spec.layers[4].skip_crop, 1);
  EXPECT_EQ(spec.receptive_frames(), 7);
  EXPECT_EQ(spec.layers.back().channels, 3);
}

TEST(NetworkSpec, MultiplyAccumulatesOfAStreamCountEachRowOnce) {
  const std::vector<std::string> blocks = {"conv 4 k3x3 s2x1"};
  const NetworkSpec spec = make_network(blocks, 11, 8, 2);
  const NetworkCost cost = network_cost(spec, 100);
  EXPECT_DOUBLE_EQ(cost.macs_per_second, 50.0 * 8 * 4 * 9);
  EXPECT_EQ(cost.macs_per_window, 5 * 8 * 4 * 9 + 4 * 2);
  EXPECT_EQ(cost.parameters, 4 * 9 + 4 + 4 * 2 + 2);
}

TEST(NetworkSpec, ErrorsNameTheBlock) {
  EXPECT_EQ(message_of({"conv 8", "invertd 8"}),
            "network: block 2 'invertd 8': unknown block 'invertd', did you mean 'inverted'?");
  EXPECT_EQ(message_of({"conv k3x3"}), "network: block 1 'conv k3x3': the number of channels is missing");
  EXPECT_EQ(message_of({"conv 8 k3x4"}),
            "network: block 1 'conv 8 k3x4': the kernel over frequency must be odd");
  EXPECT_EQ(message_of({"conv 8 s3x1"}),
            "network: block 1 'conv 8 s3x1': 's3x1': expected sTxF, each 1 to 2");
  EXPECT_NE(message_of({"conv 8 k7x3 s2x2", "conv 8 k7x3"}, 12).find("at least 19 frames"),
            std::string::npos);
}

TEST(NetworkSpec, NamedNetworksKeepTheirLimits) {
  const struct {
    const char* size;
    std::int64_t bytes;
    double macs;
  } limits[] = {{"tiny", 64'000, 4e6}, {"small", 256'000, 12e6}, {"base", 700'000, 30e6}};
  for (const auto& limit : limits) {
    for (const char* body : {"inverted", "separable", "cp", "plain"}) {
      const NetworkSpec spec = make_network(named_blocks(limit.size, body), 98, 64, 50);
      const NetworkCost cost = network_cost(spec, 100);
      EXPECT_LE(cost.int8_bytes, limit.bytes) << limit.size << ' ' << body;
      EXPECT_LE(cost.macs_per_second, limit.macs) << limit.size << ' ' << body;
    }
  }
  EXPECT_THROW(named_blocks("small", "invertd"), Error);
  EXPECT_THROW(named_blocks("smal", "inverted"), Error);
}

}  // namespace
}  // namespace pupil::student
