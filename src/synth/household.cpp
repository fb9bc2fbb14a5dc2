// SPDX-License-Identifier: Apache-2.0
// Small things struck or pressed: keys, floors, bells and doors.

#include <algorithm>
#include <array>

#include "synth/background_makers.h"
#include "synth/exact_math.h"
#include "synth/filters.h"
#include "synth/ring.h"

namespace pupil::synth {
namespace {

// A puff of noise that dies by 60 dB in `decay_s`, through `colour`.
void add_burst(std::span<float> out, std::int64_t begin, double amplitude, double decay_s, Biquad colour,
               Random& random, double attack_s = 0.0005) {
  const std::int64_t count = sample_count(1.2 * decay_s);
  const double fall = power_of_two(-9.965784284662087 / (decay_s * kRateHz));
  double level = amplitude;
  for (std::int64_t n = 0; n < count && begin + n < std::ssize(out); ++n, level *= fall) {
    const double attack = std::min(1.0, static_cast<double>(n) / (attack_s * kRateHz + 1));
    out[static_cast<std::size_t>(begin + n)] += static_cast<float>(attack * level * colour(random.noise()));
  }
}

double length_s(std::span<float> out) {
  return static_cast<double>(out.size()) / kRateHz;
}

}  // namespace

// Keys go down and come up; words have pauses between them.
void make_clicks(std::span<float> out, Random random) {
  std::fill(out.begin(), out.end(), 0.0F);
  const double keys_per_s = random.uniform(3, 9);
  const double body_hz = random.uniform(900, 2600);
  const double click_hz = random.uniform(2500, 7000);
  double at_s = random.uniform(0, 0.3);
  while (at_s < length_s(out)) {
    const std::int64_t word = random.between(1, 9);
    for (std::int64_t i = 0; i < word && at_s < length_s(out); ++i) {
      const double strength = random.uniform(0.4, 1);
      const double key_hz = body_hz * power_of_two(random.uniform(-0.3, 0.3));
      const std::int64_t down = sample_count(at_s);
      add_burst(out, down, strength, random.uniform(0.006, 0.015), Biquad::band_pass(click_hz, 0.6), random);
      const std::int64_t bottom = down + sample_count(random.uniform(0.006, 0.02));
      add_burst(out, bottom, strength, random.uniform(0.02, 0.045), Biquad::band_pass(key_hz, 1.2), random);
      add_burst(out, bottom, 0.8 * strength, 0.04, Biquad::band_pass(0.2 * key_hz, 1.5), random);
      const std::int64_t up = down + sample_count(random.uniform(0.05, 0.11));
      add_burst(out, up, 0.45 * strength, 0.012, Biquad::band_pass(1.2 * click_hz, 0.7), random);
      at_s += random.uniform(0.5, 1.6) / keys_per_s;
    }
    at_s += random.uniform(0.1, 0.7);
  }
}

// Heel, sole and what creaks between; the ground says whether it is boards, stone, gravel or a carpet. All of
// it is short noise, never twice the same: tones or evenness would be a drum.
void make_footsteps(std::span<float> out, Random random) {
  std::fill(out.begin(), out.end(), 0.0F);
  const double step_s = random.uniform(0.45, 0.65);
  const double gravel = random.chance(0.5) ? random.uniform(0.2, 0.8) : 0.0;
  const double thump = random.uniform(0.1, 0.6);
  const double tap_hz = random.uniform(700, 3000);
  double at_s = random.uniform(0.05, 0.5);
  while (at_s < length_s(out)) {
    const double strength = random.uniform(0.25, 1);
    const std::int64_t heel = sample_count(at_s);
    add_burst(out, heel, thump * strength, 0.05, Biquad::low_pass(random.uniform(120, 300)), random, 0.002);
    const std::int64_t tap_count = random.between(2, 5);
    std::int64_t when = heel;
    for (std::int64_t i = 0; i < tap_count; ++i) {
      const double weight = strength * (i == 0 ? 1.0 : random.uniform(0.1, 0.6));
      const double decay_s = random.uniform(0.005, 0.018);
      const Biquad colour = Biquad::band_pass(tap_hz * power_of_two(random.uniform(-0.8, 0.8)), 0.5);
      add_burst(out, when, weight, decay_s, colour, random);
      when += sample_count(random.uniform(0.02, 0.11));
    }
    const std::int64_t grain_count = gravel > 0 ? random.between(15, 45) : 0;
    for (std::int64_t i = 0; i < grain_count; ++i) {
      const std::int64_t grain = heel + sample_count(random.uniform(0, 0.25));
      const double weight = gravel * strength * random.uniform(0.1, 0.7);
      const double decay_s = random.uniform(0.003, 0.012);
      const Biquad colour = Biquad::band_pass(random.uniform(1500, 8000), 1);
      add_burst(out, grain, weight, decay_s, colour, random);
    }
    at_s += step_s * random.uniform(0.88, 1.15);
  }
}

// Bars of a chime: partials of a free bar, the upper ones soon gone. Some bells buzz instead.
void make_doorbell(std::span<float> out, Random random) {
  std::fill(out.begin(), out.end(), 0.0F);
  constexpr std::array<double, 6> kPartials = {1, 2.01, 2.76, 4.07, 5.4, 8.9};
  constexpr std::array<double, 5> kIntervals = {-4, -3, -5, -7, 4};  // semitones
  const double note_hz = random.uniform(520, 1000);
  const double ring_s = random.uniform(1.2, 3);
  const std::int64_t note_count = random.chance(0.75) ? 2 : random.between(3, 5);
  const double note_s = random.uniform(0.35, 0.8);
  std::array<double, 5> tune{1, 1, 1, 1, 1};
  for (std::size_t i = 1; i < tune.size(); ++i)
    tune[i] = power_of_two(random.pick(kIntervals) / 12) * (i > 1 ? tune[i - 1] : 1.0);
  std::array<double, 6> strength{};
  for (std::size_t k = 0; k < strength.size(); ++k)
    strength[k] = random.uniform(0.3, 1) / (1 + 0.8 * static_cast<double>(k));
  strength[0] = 1;
  double at_s = random.uniform(0.05, 0.5);
  while (at_s < length_s(out)) {
    for (std::int64_t i = 0; i < note_count; ++i) {
      const std::int64_t when = sample_count(at_s);
      const double hz = note_hz * tune[static_cast<std::size_t>(i)];
      for (std::size_t k = 0; k < kPartials.size(); ++k)
        if (hz * kPartials[k] < 14000)
          add_ring(out, when, hz * kPartials[k], strength[k], ring_s / (1 + 0.9 * static_cast<double>(k)),
                   0.001);
      add_burst(out, when, 0.3, 0.02, Biquad::band_pass(3000, 0.7), random);
      at_s += note_s * random.uniform(0.97, 1.03);
    }
    at_s += random.uniform(0.8, 3);
  }
}

// Knuckles on a door: a panel with a few low modes.
void make_knock(std::span<float> out, Random random) {
  std::fill(out.begin(), out.end(), 0.0F);
  const double panel_hz = random.uniform(110, 260);
  const std::array<double, 4> ratio = {1, random.uniform(1.5, 1.9), random.uniform(2.2, 3.1),
                                       random.uniform(4, 6)};
  const std::int64_t knock_count = random.between(2, 5);
  const double gap_s = random.uniform(0.13, 0.3);
  double at_s = random.uniform(0.1, 0.6);
  while (at_s < length_s(out)) {
    for (std::int64_t i = 0; i < knock_count; ++i) {
      const std::int64_t when = sample_count(at_s);
      const double strength = random.uniform(0.6, 1);
      for (std::size_t k = 0; k < ratio.size(); ++k)
        add_ring(out, when, panel_hz * ratio[k], strength / (1 + static_cast<double>(k)),
                 random.uniform(0.08, 0.18) / (1 + 0.4 * static_cast<double>(k)), 0.001);
      add_burst(out, when, 0.7 * strength, 0.012, Biquad::band_pass(random.uniform(1000, 2500), 0.6), random);
      at_s += gap_s * random.uniform(0.9, 1.12);
    }
    at_s += random.uniform(0.7, 2);
  }
}

}  // namespace pupil::synth
