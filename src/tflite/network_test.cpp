// SPDX-License-Identifier: Apache-2.0
// Whole networks: synthetic ones, and the published ones where they are.
#include "tflite/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "bench/peers/onnx_runtime.h"
#include "nn/threads.h"
#include "tflite/fast_kernels.h"
#include "tflite/test_model.h"

namespace pupil::tflite {
namespace {

std::vector<float> random_numbers(std::int64_t count, std::uint64_t seed, float low, float high) {
  std::vector<float> numbers;
  for (const std::int8_t x : testing::random_int8(static_cast<std::size_t>(count), seed))
    numbers.push_back(low + (high - low) * static_cast<float>(x + 128) / 255.0F);
  return numbers;
}

/// Log-mel-like features: a level and a slope that wander from window to window, and noise.
std::vector<float> random_patch(std::int64_t count, std::uint64_t seed) {
  const std::vector<float> shape = random_numbers(2, seed, 0, 1);
  std::vector<float> patch = random_numbers(count, seed + 1000, -1, 1);
  for (std::size_t i = 0; i < patch.size(); ++i)
    patch[i] += -8 + 8 * shape[0] + 4 * shape[1] * std::sin(static_cast<float>(i) * 0.01F * (1 + shape[0]));
  return patch;
}

std::size_t top(const std::vector<float>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

TEST(TfliteNetwork, EveryKindOfLayerRunsInOrder) {
  Network network(testing::small_model().parse());
  EXPECT_EQ(network.input_shape(), (std::vector<std::int32_t>{1, 6, 4}));
  EXPECT_EQ(network.class_count(), 5);
  EXPECT_EQ(network.embedding_size(), 8);
  EXPECT_EQ(network.macs(), 2 * 3 * 72 + 2 * 3 * 72 + 40);
  network.run(random_numbers(24, 4, -3, 3));
  const std::vector<float> one = network.scores(), logits = network.logits(), embedding = network.embedding();
  network.run(random_numbers(24, 5, -3, 3));
  EXPECT_NE(network.embedding(), embedding) << "another input, another embedding";
  network.run(random_numbers(24, 4, -3, 3));
  EXPECT_EQ(network.scores(), one);
  EXPECT_EQ(network.logits(), logits);
  float sum = 0;
  for (const float share : one) sum += share;
  EXPECT_NEAR(sum, 1, 0.02);
}

TEST(TfliteNetwork, AnInputOfAnotherLengthIsRefused) {
  Network network(testing::small_model().parse());
  EXPECT_THROW(network.run(std::vector<float>(23)), Error);
}

TEST(TfliteNetwork, FastEqualsReference) {
  Network fast(testing::small_model().parse(), fast_kernels()), slow(testing::small_model().parse());
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<float> input = random_numbers(24, seed, -6, 6);
    fast.run(input);
    slow.run(input);
    ASSERT_EQ(fast.logits(), slow.logits());
  }
}

std::filesystem::path weights(const char* name) {
  return std::filesystem::path(PUPIL_SHARED_DIR) / "weights" / name;
}

// One thread: products of this size gain nothing from more, and wait for them where others compute.
class PublishedNetwork : public ::testing::Test {
 protected:
  PublishedNetwork() { nn::set_thread_count(1); }
};

TEST_F(PublishedNetwork, YamnetIsReadWholeAndBothWaysOfComputingAgree) {
  const auto path = weights("yamnet/yamnet_spectra_in.tflite");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  Network fast(ModelFile::open(path), fast_kernels()), slow(ModelFile::open(path));
  EXPECT_EQ(fast.input_shape(), (std::vector<std::int32_t>{1, 96, 64}));
  EXPECT_EQ(fast.class_count(), 521);
  EXPECT_EQ(fast.embedding_size(), 1024);
  EXPECT_NEAR(static_cast<double>(fast.macs()), 69e6, 1e6) << "published: 69.2 million";
  const std::vector<float> patch = random_patch(fast.input_count(), 1);
  fast.run(patch);
  slow.run(patch);
  EXPECT_EQ(fast.logits(), slow.logits());
  EXPECT_EQ(fast.embedding(), slow.embedding());
}

TEST_F(PublishedNetwork, SilenceIsSilenceToYamnet) {
  const auto path = weights("yamnet/yamnet_spectra_in.tflite");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  Network network(ModelFile::open(path), fast_kernels());
  network.run(std::vector<float>(static_cast<std::size_t>(network.input_count()), std::log(0.001F)));
  EXPECT_EQ(top(network.logits()), 494U) << "\"Silence\" in yamnet_class_map.csv";
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// int8 in TensorFlow Lite's file, float32 in the same network's ONNX, of which it was made.
TEST_F(PublishedNetwork, Yamnet256AgreesWithItsFloatNetworkInOnnxruntime) {
  const auto folder = weights("stm32_yamnet256");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  if (!std::filesystem::exists(PUPIL_ONNXRUNTIME))
    GTEST_SKIP() << "no onnxruntime at " << PUPIL_ONNXRUNTIME << " (bench/peers/setup.sh installs it)";
  Network network(ModelFile::open(folder / "yamnet_256_esc10_int8.tflite"), fast_kernels());
  ASSERT_EQ(network.input_shape(), (std::vector<std::int32_t>{1, 64, 96, 1}));
  const std::string onnx = bytes_of(folder / "yamnet_256_64x96_tl.onnx");
  bench::OnnxRuntime peer(PUPIL_ONNXRUNTIME, onnx, {"input_1", {1, 1, 64, 96}, "new_head"});
  constexpr int kPatches = 100;
  int same = 0;
  double sum = 0;
  for (std::uint64_t seed = 0; seed < kPatches; ++seed) {
    const std::vector<float> patch = random_patch(network.input_count(), 2 * seed);
    std::copy(patch.begin(), patch.end(), peer.input().begin());
    const std::span<const float> run = peer.run();
    const std::vector<float> theirs(run.begin(), run.end());
    network.run(patch);
    const std::vector<float> ours = network.scores();
    ASSERT_EQ(ours.size(), theirs.size());
    same += top(ours) == top(theirs) ? 1 : 0;
    for (std::size_t k = 0; k < ours.size(); ++k) sum += std::fabs(ours[k] - theirs[k]);
  }
  const double mean_difference = sum / (kPatches * static_cast<double>(network.class_count()));
  RecordProperty("same_label", same);
  RecordProperty("mean_difference", std::to_string(mean_difference));
  std::printf("same label on %d of %d patches, probabilities differ by %.4f in the mean\n", same, kPatches,
              mean_difference);
  // Eight layers of 8 bits: a wrong rounding, zero point or padding costs far more than these.
  EXPECT_GE(same, kPatches * 9 / 10);
  EXPECT_LT(mean_difference, 0.02);
}

}  // namespace
}  // namespace pupil::tflite
