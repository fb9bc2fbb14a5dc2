// SPDX-License-Identifier: Apache-2.0
#include "pretrain/sound_mixtures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace pupil::pretrain {
namespace {

double energy(const std::vector<float>& samples) {
  double sum = 0;
  for (const float sample : samples) sum += static_cast<double>(sample) * sample;
  return sum;
}

SoundPool two_labels() {
  SoundPool pool;
  std::vector<float> hum(32000), hiss(32000);
  CounterRandom random(1, 2, 3, 4);
  for (std::size_t i = 0; i < hum.size(); ++i) {
    hum[i] = static_cast<float>(std::sin(0.05 * static_cast<double>(i)));
    hiss[i] = static_cast<float>(random.uniform(-1, 1));
  }
  pool.add("bark", hum);
  pool.add("rain", hiss);
  return pool;
}

MixtureOptions short_mixtures() {
  MixtureOptions options;
  options.sample_count = 6400;
  return options;
}

TEST(MixtureMaker, TheSameStepAndItemAreTheSameMixture) {
  const SoundPool pool = two_labels();
  const PhraseTable phrases = PhraseTable::load({});
  const SoundMixture a = MixtureMaker(pool, phrases, short_mixtures()).make(7, 1);
  const SoundMixture b = MixtureMaker(pool, phrases, short_mixtures()).make(7, 1);
  EXPECT_EQ(a.mixture, b.mixture);
  EXPECT_EQ(a.query, b.query);
  EXPECT_NE(a.mixture, MixtureMaker(pool, phrases, short_mixtures()).make(7, 2).mixture);
}

TEST(MixtureMaker, KeepsTheRatioAndStaysInRange) {
  const SoundPool pool = two_labels();
  const PhraseTable phrases = PhraseTable::load({});
  MixtureOptions options = short_mixtures();
  options.absent = 0;
  options.snr_low_db = options.snr_high_db = 6;
  const MixtureMaker maker(pool, phrases, options);
  for (int step = 0; step < 20; ++step) {
    const SoundMixture made = maker.make(step, 0);
    std::vector<float> rest = made.mixture;
    for (std::size_t i = 0; i < rest.size(); ++i) {
      rest[i] -= made.wanted[i];
      EXPECT_LE(std::abs(made.mixture[i]), 0.96F);
    }
    EXPECT_NEAR(10 * std::log10(energy(made.wanted) / energy(rest)), 6, 0.1);
  }
}

TEST(MixtureMaker, SometimesWhatIsAskedForIsNotThere) {
  const SoundPool pool = two_labels();
  const PhraseTable phrases = PhraseTable::load({});
  MixtureOptions options = short_mixtures();
  options.absent = 0.5;
  const MixtureMaker maker(pool, phrases, options);
  int silent = 0;
  for (int step = 0; step < 100; ++step) silent += energy(maker.make(step, 0).wanted) == 0 ? 1 : 0;
  EXPECT_GT(silent, 30);
  EXPECT_LT(silent, 70);
}

TEST(MixtureMaker, FindsTheShortSoundInALongSilence) {
  SoundPool pool = two_labels();
  std::vector<float> mostly_silent(15 * kMixtureRateHz);
  mostly_silent[200000] = 1;
  pool.add("howl", mostly_silent);
  MixtureOptions options = short_mixtures();
  options.absent = 0;
  options.families = {parse_family("dog=howl")};
  options.focus = 1;
  const PhraseTable phrases = PhraseTable::load({});
  const MixtureMaker maker(pool, phrases, options);
  for (int step = 0; step < 20; ++step) EXPECT_GT(energy(maker.make(step, 0).wanted), 0) << step;
}

TEST(MixtureMaker, NeedsLabelsThatAreNotOfOneFamily) {
  SoundPool pool = two_labels();
  const PhraseTable phrases = PhraseTable::load({});
  MixtureOptions options = short_mixtures();
  options.families = {parse_family("noise=bark|rain")};
  EXPECT_THROW(MixtureMaker(pool, phrases, options), Error);
}

TEST(SoundPool, LeavesSilenceOut) {
  SoundPool pool;
  pool.add("bark", std::vector<float>(100));
  EXPECT_TRUE(pool.labels().empty());
  EXPECT_EQ(pool.unreadable_count(), 1);
}

TEST(SoundPool, MakesAllKinds) {
  SoundPool pool;
  pool.add_synthetic();
  EXPECT_EQ(pool.labels().size(), 20U);
}

TEST(MixtureMaker, MixesMadeUpSounds) {
  SoundPool pool;
  pool.add_synthetic();
  const PhraseTable phrases = PhraseTable::load({});
  const MixtureMaker maker(pool, phrases, short_mixtures());
  for (int step = 0; step < 5; ++step) EXPECT_GT(energy(maker.make(step, 0).mixture), 0);
}

TEST(LabelFamily, IsReadFromText) {
  const LabelFamily family = parse_family("dog=bark|howl");
  EXPECT_EQ(family.name, "dog");
  EXPECT_EQ(family.members, (std::vector<std::string>{"bark", "howl"}));
  EXPECT_THROW(parse_family("bark|howl"), UsageError);
}

}  // namespace
}  // namespace pupil::pretrain
