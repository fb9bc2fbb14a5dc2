// SPDX-License-Identifier: Apache-2.0
#include "audio/resampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numbers>

#include "audio/testing.h"
#include "base/error.h"

namespace pupil::audio {
namespace {

using testing::rms;
using testing::tone;

// Level of everything in `samples` that is not the sine of `frequency_hz`, over the level of the sine, in dB.
// The ends, where the signal jumps from and to nothing, do not count.
double residue_db(std::span<const float> samples, double frequency_hz, std::int32_t rate_hz,
                  double* amplitude) {
  const std::span<const float> middle = samples.subspan(samples.size() / 4, samples.size() / 2);
  const double step = 2 * std::numbers::pi * frequency_hz / rate_hz;
  double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0;
  for (std::size_t i = 0; i < middle.size(); ++i) {
    const double s = std::sin(step * static_cast<double>(i)), c = std::cos(step * static_cast<double>(i));
    ss += s * s, cc += c * c, sc += s * c, xs += middle[i] * s, xc += middle[i] * c;
  }
  const double a = (xs * cc - xc * sc) / (ss * cc - sc * sc), b = (xc * ss - xs * sc) / (ss * cc - sc * sc);
  double rest = 0;
  for (std::size_t i = 0; i < middle.size(); ++i) {
    const double phase = step * static_cast<double>(i);
    const double difference = middle[i] - a * std::sin(phase) - b * std::cos(phase);
    rest += difference * difference;
  }
  *amplitude = std::hypot(a, b);
  return 10 * std::log10(2 * rest / static_cast<double>(middle.size()) / (*amplitude * *amplitude));
}

TEST(Resampler, ToneKeepsItsLevelAndGainsNothingElse) {
  for (const auto& [from_hz, to_hz] :
       {std::pair{44100, 16000}, {48000, 32000}, {16000, 32000}, {8000, 48000}}) {
    double amplitude = 0;
    const std::vector<float> out =
        resample(tone(1000, from_hz, static_cast<std::size_t>(from_hz)), from_hz, to_hz);
    // 20 bits of precision are -120 dB; the samples' own rounding to 24 bits is at -150 dB.
    EXPECT_LT(residue_db(out, 1000, to_hz, &amplitude), -115) << from_hz << " to " << to_hz;
    EXPECT_NEAR(amplitude, 0.5, 1e-4);
  }
}

TEST(Resampler, FlatToNineTenthsOfTheNewHalfRate) {
  double amplitude = 0;
  const std::vector<float> out = resample(tone(7200, 48000, 48000), 48000, 16000);
  residue_db(out, 7200, 16000, &amplitude);
  EXPECT_NEAR(20 * std::log10(amplitude / 0.5), 0, 0.01);
}

TEST(Resampler, RejectsWhatTheNewRateCannotHold) {
  for (const double frequency_hz : {8800.0, 10000.0, 15000.0, 23000.0}) {
    const std::vector<float> out = resample(tone(frequency_hz, 48000, 48000), 48000, 16000);
    const std::span<const float> middle = std::span(out).subspan(4000, 8000);
    EXPECT_LT(20 * std::log10(rms(middle) / 0.35), -115) << frequency_hz;
  }
}

TEST(Resampler, CountIsTheRatioRounded) {
  for (const auto& [from_hz, to_hz] :
       {std::pair{44100, 16000}, {11025, 48000}, {1234, 16000}, {192000, 8000}}) {
    for (const std::size_t count : {1, 2, 10, 441, 44101}) {
      const std::vector<float> out = resample(std::vector<float>(count, 0.25F), from_hz, to_hz);
      EXPECT_NEAR(static_cast<double>(out.size()), static_cast<double>(count) * to_hz / from_hz, 1)
          << count << " from " << from_hz << " to " << to_hz;
    }
  }
}

TEST(Resampler, PiecesGiveTheWhole) {
  const std::vector<float> in = tone(440, 44100, 30000);
  Resampler resampler(44100, 16000);
  std::vector<float> out;
  for (std::size_t begin = 0, size = 1; begin < in.size(); begin += size, size = size * 3 % 4999 + 1) {
    resampler.push(std::span(in).subspan(begin, std::min(size, in.size() - begin)), out);
  }
  resampler.finish(out);
  EXPECT_EQ(out, resample(in, 44100, 16000));
}

TEST(Resampler, ImpulseStaysWhereItWas) {
  std::vector<float> in(4410);
  in[2205] = 1;
  const std::vector<float> out = resample(in, 44100, 16000);
  EXPECT_EQ(std::max_element(out.begin(), out.end()) - out.begin(), 800);
}

TEST(Resampler, NothingGivesNothing) {
  EXPECT_TRUE(resample({}, 44100, 16000).empty());
}

TEST(Resampler, EqualRatesAreACopy) {
  const std::vector<float> in = tone(440, 16000, 100);
  EXPECT_EQ(resample(in, 16000, 16000), in);
}

TEST(Resampler, RefusesOddRates) {
  EXPECT_THROW(Resampler(0, 16000), Error);
  EXPECT_THROW(Resampler(16000, -1), Error);
  EXPECT_THROW(Resampler(16000, 1'000'000'000), Error);
}

}  // namespace
}  // namespace pupil::audio
