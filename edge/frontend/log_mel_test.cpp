// SPDX-License-Identifier: Apache-2.0
// Streaming, padding, bad input and refusals of LogMel. The values of frames are compared elsewhere: with
// references (log_mel_golden_test.cpp) and with stored hashes (log_mel_bits_test.cpp). Here a clip pushed
// whole, or windows cut out by hand, say what other ways of pushing must give, to the bit.

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "frontend/whole_clip_test.h"

namespace pupil::edge {
namespace {

std::vector<float> noise(std::size_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<float> samples(count);
  for (float& sample : samples) sample = static_cast<float>(random() % 65536) / 32768.0F - 1.0F;
  return samples;
}

// Equal bits, not only equal numbers.
void expect_same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(a[i]), std::bit_cast<std::uint32_t>(b[i])) << "value " << i;
  }
}

std::vector<std::size_t> random_pieces(std::mt19937& random) {
  const std::size_t longest = std::size_t{1} << (random() % 13);
  std::vector<std::size_t> pieces(200);
  for (std::size_t& piece : pieces) piece = random() % (longest + 1);
  pieces.push_back(longest);
  return pieces;
}

TEST(LogMel, PiecesGiveTheBitsOfTheWhole) {
  std::mt19937 random(7);
  for (const char* name :
       {"student", "k16", "k16:const", "k16:nocenter", "panns32k", "efficientat", "k16_win1024"}) {
    const LogMelOptions options = preset(name);
    for (int round = 0; round < 6; ++round) {
      const auto samples = noise(random() % 9000, static_cast<unsigned>(round));
      SCOPED_TRACE(std::string(name) + " " + std::to_string(samples.size()));
      expect_same_bits(frames_of(options, samples, random_pieces(random)), frames_of(options, samples));
    }
  }
}

TEST(LogMel, PiecesGiveTheBitsOfTheWholeForOddOptions) {
  std::mt19937 random(8);
  for (int round = 0; round < 60; ++round) {
    LogMelOptions options = preset("student");
    options.fft_samples = 512 << random() % 3;
    options.window_samples =
        2 + static_cast<std::int32_t>(random() % static_cast<unsigned>(options.fft_samples - 1));
    options.hop_samples = 1 + static_cast<std::int32_t>(random() % 3000);
    options.mel_count = 1 + static_cast<std::int32_t>(random() % 70);
    options.padding = static_cast<Padding>(random() % 3);
    options.precision = static_cast<Precision>(random() % 2);
    const auto samples = noise(random() % 6000, static_cast<unsigned>(round));
    SCOPED_TRACE(std::to_string(round));
    expect_same_bits(frames_of(options, samples, random_pieces(random)), frames_of(options, samples));
  }
}

TEST(LogMel, SampleBySample) {
  const auto samples = noise(1700);
  for (const char* name : {"student", "k16", "k16:const"}) {
    expect_same_bits(frames_of(preset(name), samples, {1}), frames_of(preset(name), samples));
  }
}

TEST(LogMel, EveryFrameIsTheFrameOfItsWindow) {
  const LogMelOptions options = preset("student");
  const auto samples = noise(2000);
  const auto frames = frames_of(options, samples);
  for (std::size_t t = 0; t < frames.size() / 64; ++t) {
    const auto from = samples.begin() + static_cast<std::ptrdiff_t>(160 * t);
    expect_same_bits(frames_of(options, std::vector<float>(from, from + 400)),
                     std::vector<float>(frames.begin() + static_cast<std::ptrdiff_t>(64 * t),
                                        frames.begin() + static_cast<std::ptrdiff_t>(64 * t + 64)));
  }
}

TEST(LogMel, HopLongerThanTheWindowSkipsSamples) {
  LogMelOptions options = preset("student");
  options.hop_samples = 1000;
  auto samples = noise(5000);
  const auto frames = frames_of(options, samples, {333});
  EXPECT_EQ(frames.size(), 5U * 64);
  std::fill(samples.begin() + 400, samples.begin() + 1000, 0.0F);
  expect_same_bits(frames_of(options, samples, {777}), frames);
}

TEST(LogMel, EmptyAndTinyClips) {
  EXPECT_EQ(frames_of(preset("student"), {}).size(), 0U);
  EXPECT_EQ(frames_of(preset("student"), noise(399)).size(), 0U);
  EXPECT_EQ(frames_of(preset("student"), noise(400)).size(), 64U);
  EXPECT_EQ(frames_of(preset("k16"), {}).size(), 0U);
  for (const std::size_t count : {1, 2, 3, 100, 159, 256, 257}) {
    for (const char* name : {"k16", "k16:const"}) {
      const auto frames = frames_of(preset(name), noise(count));
      EXPECT_EQ(frames.size(), (1 + count / 160) * 64);
      EXPECT_TRUE(std::all_of(frames.begin(), frames.end(), [](float f) { return std::isfinite(f); }));
    }
  }
}

// `options` with padding over the clip equals no padding over `padded`.
void expect_padding(LogMelOptions options, const std::vector<float>& clip, const std::vector<float>& padded) {
  const auto got = frames_of(options, clip, {100});
  options.padding = Padding::none;
  expect_same_bits(got, frames_of(options, padded));
}

TEST(LogMel, PaddingIsThatOfAPaddedClip) {
  // Whole hops are the hard case: the last frame is centred just after the last sample.
  for (const std::size_t count : {480, 1600, 1601, 1759, 3200}) {
    const auto clip = noise(count);
    std::vector<float> mirrored(clip.rend() - 257, clip.rend() - 1);
    mirrored.insert(mirrored.end(), clip.begin(), clip.end());
    mirrored.insert(mirrored.end(), clip.rbegin() + 1, clip.rbegin() + 257);
    std::vector<float> silenced(256);
    silenced.insert(silenced.end(), clip.begin(), clip.end());
    silenced.resize(count + 512);
    for (const std::int32_t hop : {160, 255, 256, 257, 400, 1600}) {
      LogMelOptions options = preset("k16");
      options.hop_samples = hop;
      expect_padding(options, clip, mirrored);
      options.padding = Padding::zero;
      expect_padding(options, clip, silenced);
    }
  }
}

TEST(LogMel, ShortClipIsMirroredAgainAndAgain) {
  // 3 samples a b c mirrored about both ends: ... c b a b c b a b c ...
  const LogMelOptions options = preset("k16");
  const std::vector<float> clip = {0.5F, -0.25F, 0.125F};
  std::vector<float> unrolled(512);
  for (std::size_t i = 0; i < 512; ++i) {
    const std::size_t folded = i % 4;  // place 256 is the clip's first sample
    unrolled[i] = clip[folded < 3 ? folded : 4 - folded];
  }
  expect_same_bits(frames_of(options, clip), frames_of(preset("k16:nocenter"), unrolled));
}

TEST(LogMel, BadSamplesCountAsZero) {
  auto samples = noise(3000);
  samples[1000] = 0.0F;
  const auto wanted = frames_of(preset("student"), samples);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity(), 1e30F, -65537.0F}) {
    samples[1000] = bad;
    expect_same_bits(frames_of(preset("student"), samples, {100}), wanted);
  }
}

TEST(LogMel, LoudestAndSilentInputIsFinite) {
  for (const char* name : {"student", "k16", "k16:power", "efficientat"}) {
    for (const float level : {0.0F, -0.0F, 1e-40F, 65536.0F}) {
      const auto frames = frames_of(preset(name), std::vector<float>(3000, level));
      EXPECT_TRUE(std::all_of(frames.begin(), frames.end(), [](float f) { return std::isfinite(f); }))
          << name << level;
    }
  }
  const auto silence = frames_of(preset("k16"), std::vector<float>(600, 0.0F));
  EXPECT_NEAR(silence[0], -100.0F, 1e-4F);
}

TEST(LogMel, FinishStartsTheNextClip) {
  const LogMelOptions options = preset("k16");
  const auto first = noise(1234, 1);
  const auto second = noise(2345, 2);
  std::vector<std::byte> state(LogMel::state_bytes(options));
  std::vector<float> frames(20 * 64);
  std::int32_t count = 0;
  LogMel log_mel;
  ASSERT_EQ(log_mel.init(options, state), Status::ok);
  ASSERT_EQ(log_mel.push(first, frames, &count), Status::ok);
  ASSERT_EQ(log_mel.finish(frames, &count), Status::ok);
  ASSERT_EQ(log_mel.push(second, frames, &count), Status::ok);
  const auto wanted = frames_of(options, second);
  frames.resize(static_cast<std::size_t>(count) * 64);
  expect_same_bits(frames, std::vector<float>(wanted.begin(),
                                              wanted.begin() + static_cast<std::ptrdiff_t>(frames.size())));
}

TEST(LogMel, TooLittleRoomConsumesNothing) {
  const LogMelOptions options = preset("student");
  std::vector<std::byte> state(LogMel::state_bytes(options));
  const auto samples = noise(1000);
  std::vector<float> frames(4 * 64);
  std::int32_t count = -1;
  LogMel log_mel;
  ASSERT_EQ(log_mel.init(options, state), Status::ok);
  EXPECT_EQ(log_mel.push_frame_count(1000), 4);
  EXPECT_EQ(log_mel.push(samples, std::span(frames).first(4 * 64 - 1), &count), Status::bad_argument);
  EXPECT_EQ(count, -1);
  EXPECT_EQ(log_mel.push(samples, frames, &count), Status::ok);
  EXPECT_EQ(count, 4);
  expect_same_bits(frames, frames_of(options, samples));
}

TEST(LogMel, NothingWorksBeforeInit) {
  LogMel log_mel;
  std::vector<float> frames(64);
  std::int32_t count = 0;
  EXPECT_EQ(log_mel.push(noise(10), frames, &count), Status::bad_argument);
  EXPECT_EQ(log_mel.finish(frames, &count), Status::bad_argument);
}

TEST(LogMel, SmallStateIsRefusedAndOddAddressesAreNot) {
  const LogMelOptions options = preset("student");
  const std::size_t bytes = LogMel::state_bytes(options);
  std::vector<std::byte> state(bytes + 64);
  LogMel log_mel;
  EXPECT_EQ(log_mel.init(options, std::span(state).first(bytes - 1)), Status::arena_too_small);
  for (std::size_t shift = 0; shift < 64; ++shift) {
    EXPECT_EQ(log_mel.init(options, std::span(state).subspan(shift, bytes)), Status::ok);
  }
}

TEST(LogMel, KernelsThatCannotRunAreRefused) {
  LogMel log_mel;
  std::vector<std::byte> state(1 << 20);
  for (std::int32_t i = 0; i < kKernelSetCount; ++i) {
    const auto set = static_cast<KernelSet>(i);
    const bool can_run = kernel_set_available(set);
    EXPECT_EQ(LogMel::state_bytes(LogMelOptions{}, set) > 0, can_run) << to_string(set);
    EXPECT_EQ(log_mel.init(LogMelOptions{}, state, set), can_run ? Status::ok : Status::bad_argument)
        << to_string(set);
  }
}

TEST(LogMel, BadOptionsAreRefused) {
  const auto refused = [](auto change) {
    LogMelOptions options;
    change(options);
    LogMel log_mel;
    std::vector<std::byte> state(1 << 20);
    std::vector<double> weights(64 * 257);
    return LogMel::state_bytes(options) == 0 && log_mel.init(options, state) == Status::bad_argument &&
           mel_filterbank(options, weights) == Status::bad_argument;
  };
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.sample_rate_hz = 0; }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.fft_samples = 500; }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.window_samples = 513; }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.window_samples = 1; }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.hop_samples = 0; }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.mel_count = 257; }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.mel_count = -4; }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.high_hz = 8000.5F; }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.low_hz = o.high_hz; }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.low_hz = std::numeric_limits<float>::quiet_NaN(); }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.floor = 0.0F; }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.floor = std::numeric_limits<float>::infinity(); }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.scale = static_cast<MelScale>(3); }));
  EXPECT_TRUE(refused([](LogMelOptions& o) { o.precision = static_cast<Precision>(2); }));
  EXPECT_FALSE(refused([](LogMelOptions& o) { o.floor = 0.0F, o.log = LogKind::none; }));
}

TEST(LogMel, FilterbankOfAnotherSizeIsRefused) {
  std::vector<double> weights(64 * 257 - 1);
  EXPECT_EQ(mel_filterbank(LogMelOptions{}, weights), Status::bad_argument);
}

TEST(LogMel, FrameCounts) {
  EXPECT_EQ(frame_count(preset("student"), 16000), 98);
  EXPECT_EQ(frame_count(preset("student"), 399), 0);
  EXPECT_EQ(frame_count(preset("clap48k"), 480000), 1001);
  EXPECT_EQ(frame_count(preset("efficientat"), 31999), 100);
  EXPECT_EQ(frame_count(preset("clap48k"), 0), 0);
}

}  // namespace
}  // namespace pupil::edge
