// SPDX-License-Identifier: Apache-2.0
// Voices that babble: vowels and consonants at the pace and with the melody of speech, without words.
//
// All syllables of a speaker are drawn first, then a Throat says them one after the other. It keeps its
// filters, its phase and its voicing from syllable to syllable, so that there is no click where they meet;
// formants and pitch are set every 32 samples and glide from one vowel to the next.

#include <algorithm>
#include <array>

#include "synth/background_makers.h"
#include "synth/exact_math.h"
#include "synth/filters.h"

namespace pupil::synth {
namespace {

using Formants = std::array<double, 4>;
// Of a man, in Hz, after Peterson and Barney (1952); the fourth is guessed.
constexpr std::array<Formants, 8> kVowels = {{{730, 1090, 2440, 3400},
                                              {270, 2290, 3010, 3600},
                                              {300, 870, 2240, 3300},
                                              {530, 1840, 2480, 3500},
                                              {570, 840, 2410, 3300},
                                              {660, 1720, 2410, 3500},
                                              {490, 1350, 1690, 3300},
                                              {440, 1020, 2240, 3300}}};

enum class Consonant { none, fricative, stop, nasal };

struct Syllable {
  double onset_s, length_s, pitch_hz, level;
  Formants from, to;
  Consonant consonant;
  double hiss_hz;
};

struct Speaker {
  double pitch_hz, tract, pace_s, breath, liveliness;

  explicit Speaker(Random& random) {
    const bool is_man = random.chance(0.5);
    pitch_hz = is_man ? random.uniform(85, 145) : random.uniform(165, 270);
    tract = is_man ? random.uniform(0.95, 1.05) : random.uniform(1.1, 1.25);
    pace_s = random.uniform(0.15, 0.24);
    breath = random.uniform(0.02, 0.1);
    liveliness = random.uniform(0.1, 0.35);
  }
};

// Phrases fall in pitch towards their end; between them the speaker breathes.
std::vector<Syllable> draw_talk(const Speaker& speaker, double end_s, Random& random) {
  std::vector<Syllable> talk;
  Formants last = random.pick(kVowels);
  double at_s = random.uniform(0, 0.4);
  while (at_s < end_s) {
    const std::int64_t count = random.between(3, 12);
    for (std::int64_t i = 0; i < count && at_s < end_s; ++i) {
      const double fall = 0.3 * static_cast<double>(i) / static_cast<double>(count);
      Syllable one{};
      one.onset_s = at_s;
      one.length_s = speaker.pace_s * random.uniform(0.6, 1.6);
      one.pitch_hz =
          speaker.pitch_hz * power_of_two(random.uniform(-1, 1) * speaker.liveliness - fall + 0.15);
      one.level = random.uniform(0.5, 1);
      one.from = last;
      one.to = last = random.pick(kVowels);
      one.consonant = static_cast<Consonant>(random.below(4));
      one.hiss_hz = random.uniform(2500, 7000);
      talk.push_back(one);
      at_s += one.length_s;
    }
    at_s += random.uniform(0.15, 0.9);
  }
  return talk;
}

class Throat {
 public:
  Throat(const Speaker& speaker, Random random) : speaker_(speaker), random_(random) {}

  void say(const Syllable& syllable, double level, std::span<float> out) {
    const double consonant_s =
        syllable.consonant == Consonant::none ? 0 : std::min(0.09, 0.35 * syllable.length_s);
    Biquad hiss = Biquad::band_pass(syllable.hiss_hz, 0.9);
    for (std::size_t n = 0; n < out.size(); ++n) {
      const double t = static_cast<double>(n) / kRateHz;
      if (n % 32 == 0) shape(syllable, smooth_step(0, 0.45, t / syllable.length_s), t);
      const bool is_consonant = t < consonant_s;
      const double voicing = voicing_of(syllable.consonant, is_consonant) * smooth_step(0, 0.02, t) *
                             smooth_step(0, 0.04, syllable.length_s - t);
      voicing_ += 0.004 * (voicing - voicing_);
      const double tone = larynx();
      const double mouth = tract(voicing_ * (tone + speaker_.breath * random_.noise()));
      double noise = 0;
      if (is_consonant && syllable.consonant == Consonant::fricative)
        noise = 0.35 * hiss(random_.noise()) * sine(0.5 * t / consonant_s);
      if (is_consonant && syllable.consonant == Consonant::stop && t > 0.6 * consonant_s)
        noise = 0.6 * hiss(random_.noise()) * (1 - t / consonant_s);
      out[n] += static_cast<float>(level * syllable.level * (mouth + noise));
    }
  }

 private:
  static double voicing_of(Consonant consonant, bool is_consonant) {
    if (!is_consonant) return 1;
    return consonant == Consonant::nasal ? 0.4 : 0.05;
  }

  void shape(const Syllable& syllable, double share, double t) {
    pitch_hz_ = syllable.pitch_hz * (1 + 0.03 * sine(4.7 * t));
    for (std::size_t k = 0; k < formants_.size(); ++k) {
      const double hz = speaker_.tract * (syllable.from[k] + (syllable.to[k] - syllable.from[k]) * share);
      formants_[k].set(hz, 50 + 0.04 * hz);
    }
    formants_[4].set(4500 * speaker_.tract, 300);
  }

  // Pulses of air: a tone whose partials fall by 12 dB an octave.
  double larynx() {
    phase_ += pitch_hz_ * cycle_ / kRateHz;
    if (phase_ >= 1) {
      phase_ -= 1;
      cycle_ = 1 + 0.012 * random_.normal();
    }
    constexpr double kOpen = 0.6;
    if (phase_ > kOpen) return tilt_(0);
    const double x = phase_ / kOpen;
    return tilt_(4 * x * (2 - 3 * x));
  }

  double tract(double x) {
    for (Resonator& formant : formants_) x = formant(x);
    return x;
  }

  const Speaker& speaker_;
  Random random_;
  std::array<Resonator, 5> formants_;
  LowPass tilt_{3500};
  double phase_ = 0;
  double cycle_ = 1;
  double pitch_hz_ = 100;
  double voicing_ = 0;
};

}  // namespace

void make_speech(std::span<float> out, Random random) {
  std::fill(out.begin(), out.end(), 0.0F);
  const std::int64_t speaker_count = random.chance(0.6) ? 1 : random.between(2, 5);
  const double end_s = static_cast<double>(out.size()) / kRateHz;
  for (std::int64_t i = 0; i < speaker_count; ++i) {
    Random one = random.fork("speaker", static_cast<std::uint64_t>(i));
    const Speaker speaker(one);
    const double level = i == 0 ? 1 : one.uniform(0.3, 0.8);
    Throat throat(speaker, one.fork("throat"));
    for (const Syllable& syllable : draw_talk(speaker, end_s, one)) {
      const auto begin = static_cast<std::size_t>(sample_count(syllable.onset_s));
      if (begin >= out.size()) break;
      const auto count =
          std::min(static_cast<std::size_t>(sample_count(syllable.length_s)), out.size() - begin);
      throat.say(syllable, level, out.subspan(begin, count));
    }
  }
}

}  // namespace pupil::synth
