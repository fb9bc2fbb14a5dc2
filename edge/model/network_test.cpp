// SPDX-License-Identifier: Apache-2.0
#include "pupil/edge/network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "model/model_file_test.h"
#include "model/plain_network_test.h"

namespace pupil::edge {
namespace {

std::vector<float> some_frames(const Model& model, unsigned seed = 1) {
  std::vector<float> frames(static_cast<std::size_t>(model.window_frames()) *
                            static_cast<std::size_t>(model.mel_count()));
  std::uint32_t state = seed;
  for (float& x : frames) {
    state = state * 1664525U + 1013904223U;
    x = static_cast<float>(state >> 8) * 0x1.0p-24F * 16.0F - 12.0F;
  }
  return frames;
}

std::vector<float> run(const Model& model, KernelSet kernels, const std::vector<float>& frames) {
  std::vector<std::byte> arena(Network::arena_bytes(model, kernels));
  Network network;
  EXPECT_EQ(network.init(model, arena, kernels), Status::ok);
  std::vector<float> scores(static_cast<std::size_t>(model.class_count()));
  EXPECT_EQ(network.run(frames, scores), Status::ok);
  return scores;
}

/// Odd kernels, strides without kernels, means over mel bins, layers after the mean, skips over two blocks.
ModelSketch odd_sketch() {
  ModelSketch s;
  s.mel_count = 19;
  s.window_frames = 57;
  s.class_count = 5;
  s.conv(7, {.t = 4, .f = 5, .stride_f = 2});
  s.conv(9, {.t = 3, .f = 2, .stride_t = 2});
  s.depthwise({.t = 2, .f = 4, .stride_f = 2});
  s.pointwise(17, false);
  s.depthwise({.t = 5, .f = 3});
  s.pointwise(17);
  s.depthwise({.t = 3, .f = 7});
  s.pointwise(17, false);
  s.add(4);
  s.conv(11, {.stride_t = 2});
  s.depthwise({.stride_t = 2, .stride_f = 2});
  s.mean_f();
  s.pointwise(33);
  s.mean();
  s.pointwise(13);
  s.pointwise(8, false);
  return s;
}

class NetworkEqualsPlain : public testing::TestWithParam<const char*> {};

TEST_P(NetworkEqualsPlain, OnEveryKernelSet) {
  const std::string name = GetParam();
  const ModelSketch sketch = name == "odd" ? odd_sketch() : named_sketch(name);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const ModelImage image = random_model(sketch, seed);
    const LoadedModel loaded(image);
    ASSERT_EQ(loaded.status, Status::ok);
    const std::vector<float> frames = some_frames(loaded.model, static_cast<unsigned>(seed));
    const std::vector<float> expected = PlainNetwork(image).run(frames);
    for (std::int32_t set = 1; set < kKernelSetCount; ++set) {
      const auto kernels = static_cast<KernelSet>(set);
      if (!kernel_set_available(kernels)) continue;
      std::vector<std::byte> arena(Network::arena_bytes(loaded.model, kernels));
      Network network;
      ASSERT_EQ(network.init(loaded.model, arena, kernels), Status::ok);
      std::vector<float> scores(expected.size());
      ASSERT_EQ(network.run(frames, scores), Status::ok);
      EXPECT_EQ(std::vector<float>(network.logits().begin(), network.logits().end()), expected)
          << to_string(kernels) << " seed " << seed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sketches, NetworkEqualsPlain,
                         testing::Values("speck", "micro", "odd", "tiny", "dscnn"));

TEST(Network, RefusesASmallArena) {
  const LoadedModel loaded("micro");
  std::vector<std::byte> arena(Network::arena_bytes(loaded.model) - 1);
  Network network;
  EXPECT_EQ(network.init(loaded.model, arena), Status::arena_too_small);
  std::vector<float> scores(3);
  EXPECT_EQ(network.run(some_frames(loaded.model), scores), Status::bad_argument);
}

TEST(Network, RefusesOtherSizes) {
  const LoadedModel loaded("micro");
  std::vector<std::byte> arena(Network::arena_bytes(loaded.model));
  Network network;
  ASSERT_EQ(network.init(loaded.model, arena), Status::ok);
  std::vector<float> frames = some_frames(loaded.model);
  std::vector<float> scores(2);
  EXPECT_EQ(network.run(frames, scores), Status::bad_argument);
  scores.resize(3);
  frames.pop_back();
  EXPECT_EQ(network.run(frames, scores), Status::bad_argument);
}

TEST(Network, NeedsAModel) {
  EXPECT_EQ(Network::arena_bytes(Model()), 0U);
  Network network;
  EXPECT_EQ(network.init(Model(), {}), Status::bad_argument);
}

TEST(Network, GivesTheSameTwice) {
  const LoadedModel loaded("micro");
  const std::vector<float> frames = some_frames(loaded.model);
  std::vector<std::byte> arena(Network::arena_bytes(loaded.model));
  Network network;
  ASSERT_EQ(network.init(loaded.model, arena), Status::ok);
  std::vector<float> first(3);
  std::vector<float> second(3);
  ASSERT_EQ(network.run(frames, first), Status::ok);
  ASSERT_EQ(network.run(some_frames(loaded.model, 9), second), Status::ok);
  EXPECT_NE(first, second);
  ASSERT_EQ(network.run(frames, second), Status::ok);
  EXPECT_EQ(first, second);
}

TEST(Network, TakesNanAsTheLowestValue) {
  const LoadedModel loaded("micro");
  std::vector<float> frames = some_frames(loaded.model);
  frames[100] = NAN;
  const std::vector<float> scores = run(loaded.model, KernelSet::reference, frames);
  frames[100] = -1e30F;
  EXPECT_EQ(scores, run(loaded.model, KernelSet::reference, frames));
}

}  // namespace
}  // namespace pupil::edge
