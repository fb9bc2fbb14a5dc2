// SPDX-License-Identifier: Apache-2.0
#include "pupil/edge/resampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace pupil::edge {
namespace {

std::vector<float> sine(double hz, std::int32_t rate_hz, std::size_t count) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i)
    samples[i] = static_cast<float>(std::sin(2.0 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz));
  return samples;
}

// The whole of `samples`, pushed in pieces of `piece`.
std::vector<float> resampled(const std::vector<float>& samples, std::int32_t from_hz, std::int32_t to_hz,
                             std::size_t piece) {
  std::vector<std::byte> state(Resampler::state_bytes(from_hz, to_hz));
  Resampler resampler;
  EXPECT_EQ(resampler.init(from_hz, to_hz, state), Status::ok);
  std::vector<float> all;
  const auto grow = [&](std::int64_t count) {
    all.resize(all.size() + static_cast<std::size_t>(count));
    return std::span<float>(all).last(static_cast<std::size_t>(count));
  };
  std::size_t written = 0;
  for (std::size_t i = 0; i < samples.size(); i += piece) {
    const auto part = std::span(samples).subspan(i, std::min(piece, samples.size() - i));
    EXPECT_EQ(
        resampler.push(part, grow(resampler.push_count(static_cast<std::int64_t>(part.size()))), &written),
        Status::ok);
  }
  EXPECT_EQ(resampler.finish(grow(resampler.finish_count()), &written), Status::ok);
  return all;
}

float peak(const std::vector<float>& samples, std::size_t edge) {
  float most = 0.0F;
  for (std::size_t i = edge; i + edge < samples.size(); ++i) most = std::max(most, std::abs(samples[i]));
  return most;
}

class ResamplerRates : public testing::TestWithParam<std::pair<std::int32_t, std::int32_t>> {};

TEST_P(ResamplerRates, KeepsATone) {
  const auto [from, to] = GetParam();
  const std::vector<float> output = resampled(sine(1000.0, from, 20000), from, to, 20000);
  const std::vector<float> wanted = sine(1000.0, to, output.size());
  for (std::size_t i = 500; i + 500 < output.size(); ++i) ASSERT_NEAR(output[i], wanted[i], 1.2e-4F) << i;
}

TEST_P(ResamplerRates, PiecesGiveTheWhole) {
  const auto [from, to] = GetParam();
  const std::vector<float> samples = sine(777.0, from, 5000);
  const std::vector<float> whole = resampled(samples, from, to, samples.size());
  EXPECT_EQ(resampled(samples, from, to, 1), whole);
  EXPECT_EQ(resampled(samples, from, to, 128), whole);
}

TEST_P(ResamplerRates, GivesAsManyAsTheClipLasts) {
  const auto [from, to] = GetParam();
  for (const std::size_t count : {0U, 1U, 2U, 3U, 441U, 5000U}) {
    const auto wanted = (static_cast<std::int64_t>(count) * to + from - 1) / from;
    EXPECT_EQ(resampled(std::vector<float>(count), from, to, 100).size(), static_cast<std::size_t>(wanted));
  }
}

TEST_P(ResamplerRates, KeepsAConstant) {
  const auto [from, to] = GetParam();
  const std::vector<float> output = resampled(std::vector<float>(20000, 0.5F), from, to, 999);
  for (std::size_t i = 500; i + 500 < output.size(); ++i) ASSERT_NEAR(output[i], 0.5F, 1e-6F);
}

INSTANTIATE_TEST_SUITE_P(Usual, ResamplerRates,
                         testing::Values(std::pair{48000, 16000}, std::pair{44100, 16000},
                                         std::pair{96000, 16000}, std::pair{22050, 16000},
                                         std::pair{8000, 16000}, std::pair{48000, 32000}),
                         [](const auto& test) {
                           return std::to_string(test.param.first) + "To" + std::to_string(test.param.second);
                         });

TEST(Resampler, TakesAwayWhatTheLowerRateCannotHold) {
  // 90 dB: 3.2e-5.
  EXPECT_LT(peak(resampled(sine(8000.0, 48000, 48000), 48000, 16000, 48000), 500), 4e-5F);
  EXPECT_LT(peak(resampled(sine(12000.0, 48000, 48000), 48000, 16000, 48000), 500), 4e-5F);
  EXPECT_LT(peak(resampled(sine(15000.0, 44100, 44100), 44100, 16000, 44100), 500), 4e-5F);
}

TEST(Resampler, IsFlatToNineTenths) {
  const float highest = peak(resampled(sine(7250.0, 48000, 48000), 48000, 16000, 48000), 500);
  EXPECT_NEAR(highest, 1.0F, 2e-3F);  // the peaks of so high a tone are seldom sampled exactly
}

TEST(Resampler, TakesABadSampleForSilence) {
  std::vector<float> bad(4000, 0.25F);
  std::vector<float> good = bad;
  bad[2000] = std::numeric_limits<float>::quiet_NaN();
  bad[2001] = -std::numeric_limits<float>::infinity();
  good[2000] = good[2001] = 0.0F;
  EXPECT_EQ(resampled(bad, 48000, 16000, 128), resampled(good, 48000, 16000, 128));
}

TEST(Resampler, IsANewClipAfterFinishAndReset) {
  std::vector<std::byte> state(Resampler::state_bytes(48000, 16000) + 1);
  Resampler resampler;
  ASSERT_EQ(resampler.init(48000, 16000, std::span(state).subspan(1)), Status::ok);  // unaligned
  const std::vector<float> samples = sine(500.0, 48000, 3000);
  std::vector<float> first(2000);
  std::vector<float> second(2000);
  std::size_t written = 0;
  ASSERT_EQ(resampler.push(samples, first, &written), Status::ok);
  EXPECT_EQ(written, 936U);  // (3000 - 192) / 3
  ASSERT_EQ(resampler.finish(std::span(first).subspan(written), &written), Status::ok);
  EXPECT_EQ(written, 64U);
  ASSERT_EQ(resampler.push(samples, second, &written), Status::ok);
  EXPECT_TRUE(std::equal(first.begin(), first.begin() + 936, second.begin()));
  resampler.reset();
  ASSERT_EQ(resampler.push(samples, second, &written), Status::ok);
  EXPECT_TRUE(std::equal(first.begin(), first.begin() + 936, second.begin()));
}

TEST(Resampler, RefusesWhatItCannotDo) {
  EXPECT_EQ(Resampler::state_bytes(999, 16000), 0U);
  EXPECT_EQ(Resampler::state_bytes(48000, 768001), 0U);
  EXPECT_EQ(Resampler::state_bytes(48000, 15991), 0U);  // prime: a table of 16 k rows
  std::vector<std::byte> state(Resampler::state_bytes(48000, 16000));
  Resampler resampler;
  std::vector<float> output(10);
  std::size_t written = 7;
  EXPECT_EQ(resampler.push({}, output, &written), Status::bad_argument);
  EXPECT_EQ(resampler.finish(output, &written), Status::bad_argument);
  EXPECT_EQ(resampler.init(48000, -1, state), Status::bad_argument);
  EXPECT_EQ(resampler.init(48000, 16000, std::span(state).first(state.size() - 1)), Status::arena_too_small);
  ASSERT_EQ(resampler.init(48000, 16000, state), Status::ok);
  EXPECT_EQ(resampler.push(std::vector<float>(1000), output, &written), Status::bad_argument);
  EXPECT_EQ(resampler.push_count(1000), 270);  // and nothing was taken
  EXPECT_EQ(written, 7U);
}

}  // namespace
}  // namespace pupil::edge
