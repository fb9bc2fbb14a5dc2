// SPDX-License-Identifier: Apache-2.0
// The exported ONNX in onnxruntime against the device library, on frames of synthetic and of real sound.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/array_file.h"
#include "bench/peers/onnx_runtime.h"
#include "deploy/onnx_model.h"
#include "model/golden.h"
#include "model/random_model.h"
#include "pupil/edge/network.h"

namespace pupil::deploy {
namespace {

/// Both engines side by side.
struct Pair {
  explicit Pair(const QuantisedNetwork& network)
      : onnx(onnx_bytes(network)),
        peer(PUPIL_ONNXRUNTIME, onnx,
             bench::exported_ports(network.model().window_frames(), network.model().mel_count())),
        arena(edge::Network::arena_bytes(network.model())),
        scores(static_cast<std::size_t>(network.model().class_count())) {
    EXPECT_EQ(ours.init(network.model(), arena), edge::Status::ok);
  }

  std::string onnx;
  bench::OnnxRuntime peer;
  std::vector<std::byte> arena;
  std::vector<float> scores;
  edge::Network ours;
};

struct Agreement {
  int windows = 0;
  int same_label = 0;
  double largest_difference = 0;  ///< of logits, as a share of the spread of a window's logits
};

std::size_t top(std::span<const float> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

void compare(Pair* pair, std::span<const float> frames, Agreement* agreement) {
  std::copy(frames.begin(), frames.end(), pair->peer.input().begin());
  ASSERT_EQ(pair->ours.run(frames, pair->scores), edge::Status::ok);
  const std::span<const float> mine = pair->ours.logits();
  const std::span<const float> theirs = pair->peer.run();
  ASSERT_EQ(mine.size(), theirs.size());
  ++agreement->windows;
  agreement->same_label += top(mine) == top(theirs) ? 1 : 0;
  const auto [low, high] = std::minmax_element(mine.begin(), mine.end());
  for (std::size_t k = 0; k < mine.size(); ++k) {
    const double difference = std::fabs(mine[k] - theirs[k]) / (*high - *low);
    agreement->largest_difference = std::max(agreement->largest_difference, difference);
  }
}

class Noise {
 public:
  float next() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<float>(state_ >> 8) / 16777216.0F;
  }

 private:
  std::uint32_t state_ = 1;
};

/// Log-mel-like frames: a slope over the bins, a level that wanders, and noise.
void random_frames(Noise* noise, std::int32_t bins, std::span<float> frames) {
  const float level = -10.0F + 8.0F * noise->next();
  const float slope = 6.0F * noise->next();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const float at = static_cast<float>(i % static_cast<std::size_t>(bins)) / static_cast<float>(bins);
    frames[i] = level - slope * at + 4.0F * noise->next();
  }
}

struct Amount {
  const char* shape;
  int frames_windows;  ///< of random frames
  int sound_windows;
};

class OnnxInOnnxruntime : public testing::TestWithParam<Amount> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(PUPIL_ONNXRUNTIME)) {
      GTEST_SKIP() << "no onnxruntime at " << PUPIL_ONNXRUNTIME << " (bench/peers/setup.sh installs it)";
    }
  }
};

TEST_P(OnnxInOnnxruntime, AgreesOnRandomFrames) {
  const QuantisedNetwork network(edge::random_model(edge::named_sketch(GetParam().shape), 1));
  Pair pair(network);
  std::vector<float> frames(pair.peer.input().size());
  Noise noise;
  Agreement agreement;
  for (int i = 0; i < GetParam().frames_windows; ++i) {
    random_frames(&noise, network.model().mel_count(), frames);
    compare(&pair, frames, &agreement);
  }
  RecordProperty("same_label", agreement.same_label);
  RecordProperty("largest_difference", std::to_string(agreement.largest_difference));
  EXPECT_GE(agreement.same_label, 0.999 * agreement.windows);
  EXPECT_LT(agreement.largest_difference, 0.05);
}

TEST_P(OnnxInOnnxruntime, AgreesOnSound) {
  const QuantisedNetwork network(edge::random_model(edge::named_sketch(GetParam().shape), 2));
  const edge::Model& model = network.model();
  Pair pair(network);
  std::vector<std::byte> memory(edge::LogMel::state_bytes(model.front_end()));
  edge::LogMel front_end;
  ASSERT_EQ(front_end.init(model.front_end(), memory), edge::Status::ok);
  std::vector<float> frames(pair.peer.input().size());
  Agreement agreement;
  for (const edge::GoldenCase& sound : edge::make_golden_cases(model, GetParam().sound_windows)) {
    std::vector<float> samples;
    for (const std::int16_t sample : sound.samples) samples.push_back(static_cast<float>(sample) / 32768.0F);
    std::int32_t written = 0;
    front_end.reset();
    ASSERT_EQ(front_end.push(samples, frames, &written), edge::Status::ok);
    compare(&pair, frames, &agreement);
  }
  EXPECT_EQ(agreement.same_label, agreement.windows);
  EXPECT_LT(agreement.largest_difference, 0.05);
}

INSTANTIATE_TEST_SUITE_P(Many, OnnxInOnnxruntime,
                         testing::Values(Amount{"micro", 1000, 60}, Amount{"tiny", 1000, 60},
                                         Amount{"small", 1000, 60}, Amount{"dscnn", 1000, 60}));
// Where a processor is emulated; int8 weights fail here without VNNI (tiny differs by 0.1 of the spread).
INSTANTIATE_TEST_SUITE_P(Few, OnnxInOnnxruntime,
                         testing::Values(Amount{"micro", 60, 1}, Amount{"tiny", 60, 1}));

}  // namespace
}  // namespace pupil::deploy
