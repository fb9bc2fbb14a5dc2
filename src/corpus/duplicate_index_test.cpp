// SPDX-License-Identifier: Apache-2.0
#include "corpus/duplicate_index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

class DuplicateIndexTest : public ::testing::Test {
 protected:
  DuplicateIndexTest() : index([this](std::int64_t id) { return known.at(id); }) {
    for (unsigned seed = 1; seed <= 50; ++seed) {
      known[seed] = fingerprint(make_sound(seed, 2.0, kRateHz), kRateHz);
      index.add(seed, known[seed]);
    }
  }

  std::int64_t find(const std::vector<float>& samples, int rate_hz = kRateHz) const {
    const auto match = index.find(fingerprint(samples, rate_hz));
    return match ? match->clip_id : 0;
  }

  std::map<std::int64_t, Fingerprint> known;
  DuplicateIndex index;
};

TEST_F(DuplicateIndexTest, FindsTheSame) {
  EXPECT_EQ(find(make_sound(17, 2.0, kRateHz)), 17);
}

TEST_F(DuplicateIndexTest, KnowsStrangers) {
  for (unsigned seed = 101; seed <= 150; ++seed) EXPECT_EQ(find(make_sound(seed, 2.0, kRateHz)), 0);
}

TEST_F(DuplicateIndexTest, FindsLouderAndQuieter) {
  for (const float gain : {0.05F, 0.3F, 2.0F}) {
    auto samples = make_sound(23, 2.0, kRateHz);
    for (float& sample : samples) sample *= gain;
    EXPECT_EQ(find(samples), 23) << gain;
  }
}

TEST_F(DuplicateIndexTest, FindsTrimmed) {
  const auto whole = make_sound(31, 2.0, kRateHz);
  const std::vector<float> part(whole.begin() + 9'111, whole.begin() + 9'111 + 12'000);
  const auto match = index.find(fingerprint(part, kRateHz));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->clip_id, 31);
  EXPECT_NEAR(static_cast<double>(match->match.offset_frames) * kFingerprintFrameS, 9'111.0 / kRateHz, 0.02);
  EXPECT_GT(match->covered, 0.9);
}

TEST_F(DuplicateIndexTest, FindsInNoise) {
  auto samples = make_sound(40, 2.0, kRateHz);
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0, 0.005F);
  for (float& sample : samples) sample = std::round((sample + noise(random)) * 128) / 128;  // and eight bits
  EXPECT_EQ(find(samples), 40);
}

TEST_F(DuplicateIndexTest, SaysHowMuchOfALongerClipIsKnown) {
  auto longer = make_sound(77, 3.0, kRateHz);
  const auto inner = make_sound(8, 2.0, kRateHz);
  longer.insert(longer.begin() + kRateHz, inner.begin(), inner.end());
  const auto match = index.find(fingerprint(longer, kRateHz));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->clip_id, 8);
  EXPECT_NEAR(match->covered, 0.4, 0.05);
}

// Tones that glide like a howl, or do not move at all: much alike, but not the same take.
std::vector<float> make_glide(double low_hz, double depth_hz, double rate_hz, double noise_level,
                              unsigned seed) {
  std::vector<float> samples(3 * kRateHz);
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, noise_level);
  double phase = 0;
  for (std::size_t n = 0; n < samples.size(); ++n) {
    const double t = static_cast<double>(n) / kRateHz;
    phase += (low_hz + depth_hz * std::sin(rate_hz * t)) / kRateHz;
    samples[n] = static_cast<float>(0.3 * std::sin(2 * 3.14159265358979 * phase) + noise(random));
  }
  return samples;
}

TEST(DuplicateIndex, TonesAreNotTakenForEachOther) {
  std::map<std::int64_t, Fingerprint> known;
  DuplicateIndex index([&](std::int64_t id) { return known.at(id); });
  for (int i = 1; i <= 8; ++i) {
    const auto tone = fingerprint(make_glide(350 + 40 * i, i % 2 == 0 ? 60 : 0, 1.1 * i, 0, 1), kRateHz);
    const auto match = index.find(tone);
    EXPECT_FALSE(match) << i << " is taken for " << match->clip_id;
    known[i] = tone;
    index.add(i, tone);
  }
}

TEST(DuplicateIndex, ATonesCopyIsFound) {
  std::map<std::int64_t, Fingerprint> known;
  DuplicateIndex index([&](std::int64_t id) { return known.at(id); });
  known[1] = fingerprint(make_glide(500, 60, 2.2, 0.001, 1), kRateHz);
  index.add(1, known[1]);
  std::vector<float> copy = make_glide(500, 60, 2.2, 0.001, 1);
  for (float& sample : copy) sample = std::round(0.5F * sample * 1024) / 1024;
  EXPECT_TRUE(index.find(fingerprint(copy, kRateHz)));
}

TEST_F(DuplicateIndexTest, SilenceAndClicksAreLikeNothing) {
  EXPECT_EQ(find(std::vector<float>(32'000, 0.0F)), 0);
  EXPECT_EQ(find({}), 0);
  EXPECT_EQ(find(std::vector<float>(100, 0.5F)), 0);
}

TEST(Fingerprint, IsTheSameInAnyPieces) {
  const auto samples = make_sound(3, 1.3, kRateHz);
  FingerprintMeter meter(kRateHz);
  for (std::size_t i = 0; i < samples.size(); i += 1001) {
    meter.push(std::span(samples).subspan(i, std::min<std::size_t>(1001, samples.size() - i)));
  }
  const Fingerprint pieces = meter.finish();
  const Fingerprint whole = fingerprint(samples, kRateHz);
  EXPECT_EQ(pieces.words, whole.words);
  EXPECT_EQ(pieces.landmarks, whole.landmarks);
}

TEST(Fingerprint, ComparesAtAllOffsets) {
  const auto samples = make_sound(3, 1.5, kRateHz);
  const Fingerprint a = fingerprint(samples, kRateHz);
  const Fingerprint b = fingerprint(std::span(samples).subspan(5 * 256), kRateHz);  // five frames later
  const FingerprintMatch match = compare(a, b, 10);
  EXPECT_EQ(match.offset_frames, 5);
  EXPECT_GT(match.similarity, 0.95);
}

}  // namespace
}  // namespace pupil::corpus
