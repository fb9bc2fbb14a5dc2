// SPDX-License-Identifier: Apache-2.0
// A stream gives the bits of whole windows, whatever the pieces that samples come in, the hop and the kernel
// set; every row of every layer is computed once. StreamOf runs a stream over a signal in given pieces; the
// expected scores come from LogMel and Network on each window by itself.

#include "pupil/edge/stream.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "model/model_file_test.h"

namespace pupil::edge {
namespace {

std::vector<float> noise(std::size_t count, std::uint32_t state) {
  std::vector<float> samples(count);
  for (float& x : samples) {
    state = state * 1664525U + 1013904223U;
    x = (static_cast<float>(state >> 8) * 0x1.0p-23F - 1.0F) * 0.3F;
  }
  return samples;
}

std::vector<float> frames_of(const Model& model, std::span<const float> samples) {
  std::vector<std::byte> state(LogMel::state_bytes(model.front_end()));
  LogMel log_mel;
  EXPECT_EQ(log_mel.init(model.front_end(), state), Status::ok);
  std::vector<float> frames(
      static_cast<std::size_t>(log_mel.push_frame_count(static_cast<std::int64_t>(samples.size()))) *
      static_cast<std::size_t>(model.mel_count()));
  std::int32_t written = 0;
  EXPECT_EQ(log_mel.push(samples, frames, &written), Status::ok);
  return frames;
}

struct StreamOf {
  StreamOf(const Model& model, const StreamOptions& options) : state(Streamer::state_bytes(model, options)) {
    EXPECT_EQ(stream.init(model, options, state), Status::ok);
  }
  /// Scores of all windows, pushed in pieces of the sizes that `next_size` gives.
  template <typename NextSize>
  std::vector<std::vector<float>> run(std::span<const float> samples, NextSize next_size) {
    std::vector<std::vector<float>> all;
    while (!samples.empty()) {
      std::span<const float> piece = samples.first(std::min<std::size_t>(next_size(), samples.size()));
      samples = samples.subspan(piece.size());
      while (!piece.empty()) {
        std::size_t used = 0;
        bool scored = false;
        EXPECT_EQ(stream.push(piece, &used, &scored), Status::ok);
        if (scored) all.emplace_back(stream.scores().begin(), stream.scores().end());
        piece = piece.subspan(used);
      }
    }
    return all;
  }
  std::vector<std::byte> state;
  Streamer stream;
};

class StreamerIsExact : public testing::TestWithParam<const char*> {};

TEST_P(StreamerIsExact, GivesTheBitsOfWholeWindows) {
  const LoadedModel loaded(GetParam());
  const Model& model = loaded.model;
  const std::vector<float> samples = noise(40000, 5);
  const std::vector<float> frames = frames_of(model, samples);
  std::vector<std::byte> arena(Network::arena_bytes(model));
  Network network;
  ASSERT_EQ(network.init(model, arena), Status::ok);
  std::uint32_t state = 1;
  const auto mel_count = static_cast<std::size_t>(model.mel_count());
  const std::size_t window = static_cast<std::size_t>(model.window_frames()) * mel_count;
  for (const std::int32_t hop_ms : {10, 100, 330}) {
    const StreamOptions options{hop_ms, KernelSet::automatic};
    StreamOf streamed(model, options);
    const auto all =
        streamed.run(samples, [&state] { return 1 + (state = state * 1664525U + 1013904223U) % 3000; });
    const std::size_t hop = static_cast<std::size_t>(hop_frames(model, options)) * mel_count;
    ASSERT_EQ(all.size(), (frames.size() - window) / hop + 1) << hop_ms;
    std::vector<float> scores(static_cast<std::size_t>(model.class_count()));
    for (std::size_t n = 0; n < all.size(); ++n) {
      ASSERT_EQ(network.run(std::span(frames).subspan(n * hop, window), scores), Status::ok);
      ASSERT_EQ(std::memcmp(scores.data(), all[n].data(), scores.size() * sizeof(float)), 0)
          << hop_ms << " " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sketches, StreamerIsExact, testing::Values("micro", "tiny", "small", "dscnn"));

// Rows arrive in order, none twice, none missing.
TEST(Streamer, ComputesEachRowOnce) {
  const LoadedModel loaded("tiny");
  StreamOf streamed(loaded.model, {});
  std::map<std::int32_t, std::int64_t> next_row;
  streamed.stream.observe({nullptr,
                           [](void* context, const LayerRows& rows) {
                             if (rows.rows == 0) return;
                             auto& next = *static_cast<std::map<std::int32_t, std::int64_t>*>(context);
                             EXPECT_EQ(rows.first_row, next[rows.layer]) << rows.layer;
                             next[rows.layer] += rows.rows;
                           },
                           &next_row});
  (void)streamed.run(noise(48000, 3), [] { return 777; });
  const LayerInfo stem = loaded.model.layer(0);
  const std::int64_t frame_count = (48000 - 400) / 160 + 1;
  EXPECT_GE(next_row[0], (frame_count - stem.kernel.t - 8) / stem.kernel.stride_t);
}

TEST(Streamer, ForgetsEverythingAtReset) {
  const LoadedModel loaded("micro");
  StreamOf streamed(loaded.model, {});
  const std::vector<float> samples = noise(9000, 8);
  const auto first = streamed.run(samples, [] { return 100; });
  streamed.stream.reset();
  EXPECT_TRUE(streamed.stream.scores().empty());
  EXPECT_EQ(streamed.run(samples, [] { return 9000; }), first);
}

TEST(Streamer, SaysWhereItsWindowEnds) {
  const LoadedModel loaded("micro");
  StreamOf streamed(loaded.model, {40, KernelSet::automatic});
  const std::vector<float> samples = noise(20000, 8);
  std::size_t used = 0;
  bool scored = false;
  ASSERT_EQ(streamed.stream.push(samples, &used, &scored), Status::ok);
  ASSERT_TRUE(scored);
  EXPECT_EQ(streamed.stream.window_end_samples(), loaded.model.window_samples());
  EXPECT_EQ(static_cast<std::int64_t>((used + 159) / 160), (loaded.model.window_samples() + 159) / 160);
  EXPECT_EQ(streamed.stream.hop_samples(), 640);
}

TEST(Streamer, TakesTheNearestHop) {
  const LoadedModel loaded("tiny");  // stride 8 frames of 10 ms
  EXPECT_EQ(hop_frames(loaded.model, {1, KernelSet::automatic}), 8);
  EXPECT_EQ(hop_frames(loaded.model, {100, KernelSet::automatic}), 8);
  EXPECT_EQ(hop_frames(loaded.model, {121, KernelSet::automatic}), 16);
  EXPECT_EQ(hop_frames(loaded.model, {100000, KernelSet::automatic}), 96);
}

TEST(Streamer, RefusesWhatCannotBe) {
  const LoadedModel loaded("micro");
  Streamer stream;
  EXPECT_EQ(Streamer::state_bytes(Model(), {}), 0U);
  EXPECT_EQ(Streamer::state_bytes(loaded.model, {0, KernelSet::automatic}), 0U);
  EXPECT_EQ(stream.init(loaded.model, {0, KernelSet::automatic}, {}), Status::bad_argument);
  EXPECT_EQ(stream.init(loaded.model, {100, KernelSet::wasm_simd}, {}), Status::bad_argument);
  EXPECT_EQ(stream.init(loaded.model, {}, {}), Status::arena_too_small);
  std::size_t used = 99;
  bool scored = true;
  EXPECT_EQ(stream.push(noise(10, 1), &used, &scored), Status::bad_argument);
  EXPECT_EQ(used, 99U);
}

}  // namespace
}  // namespace pupil::edge
