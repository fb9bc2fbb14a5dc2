// SPDX-License-Identifier: Apache-2.0
// Weather and small animals.

#include <algorithm>
#include <cmath>

#include "synth/background_makers.h"
#include "synth/exact_math.h"
#include "synth/filters.h"
#include "synth/ring.h"

namespace pupil::synth {

// Thousands of far drops are noise; the near ones are heard one by one as they strike ground, leaves or tin.
void make_rain(std::span<float> out, Random random) {
  const double drops_per_s = random.uniform(60, 900);
  const double surface_hz = random.uniform(1200, 5000);
  const double hardness = random.uniform(0.002, 0.009);  // how long a drop is heard, seconds
  const double wash = random.uniform(0.06, 0.2);
  HighPass thin(random.uniform(150, 900));
  LowPass far(random.uniform(5000, 15000));
  const double body_hz = random.uniform(1000, 5000);
  Biquad body = Biquad::peak(body_hz, 0.7, random.uniform(-3, 6));
  Wander density(0.4, random);
  for (float& sample : out) {
    const double swell = 1 + 0.3 * density(random);
    sample = static_cast<float>(wash * swell * body(far(thin(random.noise()))));
  }
  const double chance = drops_per_s / kRateHz;
  for (std::int64_t n = 0; n < std::ssize(out); ++n) {
    if (!random.chance(chance)) continue;
    const double size = random.uniform();
    const double hz = std::min(12000.0, surface_hz * power_of_two(random.uniform(-1, 1.2)));
    const double decay_s = hardness * random.uniform(0.5, 2);
    add_ring(out, n, hz, 0.4 * size * size * size, decay_s);
    add_ring(out, n, std::min(14000.0, hz * 1.83), 0.25 * size * size * size, 0.6 * decay_s);
  }
}

// Air around an obstacle: noise whose pitch and strength rise with the gust.
void make_wind(std::span<float> out, Random random) {
  const double centre_hz = random.uniform(130, 420);
  const double rumble = random.uniform(0.8, 3.5);
  const double whistle = random.chance(0.6) ? random.uniform(0.15, 0.7) : 0.05;
  const double whistle_hz = random.uniform(300, 800);
  Wander gust(random.uniform(0.25, 0.8), random);
  Wander flutter(random.uniform(4, 9), random);
  LowPass low(110);
  LowPass lower(160);
  Biquad howl = Biquad::band_pass(centre_hz, 0.8);
  Biquad pipe = Biquad::band_pass(whistle_hz, 12);
  double strength = 0;
  for (std::size_t n = 0; n < out.size(); ++n) {
    const double wave = gust(random);
    const double fast = flutter(random);
    if (n % 64 == 0) {
      strength = std::max(0.08, 0.5 + 0.55 * wave + 0.12 * fast);
      howl.retune(Biquad::band_pass(centre_hz * (0.6 + 0.9 * strength), 0.8));
      pipe.retune(Biquad::band_pass(whistle_hz * (0.7 + 0.5 * strength), 12));
    }
    const double air = random.noise();
    const double blow = rumble * 3 * lower(low(air)) + howl(air) + whistle * 4 * pipe(air) * strength;
    out[n] = static_cast<float>(strength * strength * blow);
  }
}

namespace {

// One note: a tone that glides, with a little of its octave.
void add_chirp(std::span<float> out, std::int64_t begin, double from_hz, double to_hz, double length_s,
               double warble_hz, double amplitude) {
  const std::int64_t count = sample_count(length_s);
  double phase = 0;
  for (std::int64_t n = 0; n < count && begin + n < std::ssize(out); ++n) {
    const double t = static_cast<double>(n) / kRateHz;
    const double share = t / length_s;
    const double hz = from_hz + (to_hz - from_hz) * share + 0.06 * from_hz * sine(warble_hz * t);
    phase += hz / kRateHz;
    const double level = amplitude * sine(0.5 * share);
    out[static_cast<std::size_t>(begin + n)] +=
        static_cast<float>(level * (sine(phase) + 0.12 * sine(2 * phase)));
  }
}

// A phrase that this bird repeats, a little different each time.
void add_bird(std::span<float> out, double distance, Random random) {
  struct Note {
    double from_hz, to_hz, length_s, gap_s, warble_hz;
  };
  const double register_hz = random.uniform(2200, 5200);
  std::vector<Note> song(static_cast<std::size_t>(random.between(2, 7)));
  for (Note& note : song) {
    note.from_hz = register_hz * power_of_two(random.uniform(-0.4, 0.5));
    note.to_hz = std::min(9000.0, note.from_hz * power_of_two(random.uniform(-0.6, 0.5)));
    note.length_s = random.uniform(0.03, 0.22);
    note.gap_s = random.uniform(0.02, 0.12);
    note.warble_hz = random.chance(0.4) ? random.uniform(20, 60) : 0.0;
  }
  double at_s = random.uniform(0, 0.8);
  const double end_s = static_cast<double>(out.size()) / kRateHz;
  while (at_s < end_s) {
    const double shift = power_of_two(random.uniform(-0.04, 0.04));
    for (const Note& note : song) {
      if (random.chance(0.1)) continue;
      add_chirp(out, sample_count(at_s), note.from_hz * shift, note.to_hz * shift, note.length_s,
                note.warble_hz, distance);
      at_s += note.length_s + note.gap_s * random.uniform(0.8, 1.2);
    }
    at_s += random.uniform(0.3, 2.2);
  }
}

}  // namespace

void make_bird(std::span<float> out, Random random) {
  std::fill(out.begin(), out.end(), 0.0F);
  const std::int64_t bird_count = random.between(1, 3);
  for (std::int64_t i = 0; i < bird_count; ++i)
    add_bird(out, i == 0 ? 1.0 : random.uniform(0.1, 0.5),
             random.fork("bird", static_cast<std::uint64_t>(i)));
  LowPass leaves(random.uniform(1500, 5000));
  const double rustle = random.uniform(0.002, 0.02);
  for (float& sample : out) sample += static_cast<float>(rustle * leaves(random.noise()));
}

// A file drawn over a comb: pulses of one high tone, in groups.
void make_cricket(std::span<float> out, Random random) {
  std::fill(out.begin(), out.end(), 0.0F);
  const std::int64_t cricket_count = random.between(1, 5);
  for (std::int64_t i = 0; i < cricket_count; ++i) {
    Random one = random.fork("cricket", static_cast<std::uint64_t>(i));
    const double hz = one.uniform(3200, 5600);
    const double pulse_s = one.uniform(0.012, 0.022);
    const double period_s = pulse_s * one.uniform(1.5, 2.2);
    const std::int64_t pulse_count = one.chance(0.25) ? 60 : one.between(2, 6);
    const double rest_s = one.uniform(0.12, 0.7);
    const double amplitude = i == 0 ? 1.0 : one.uniform(0.1, 0.6);
    double at_s = one.uniform(0, 0.5);
    const double end_s = static_cast<double>(out.size()) / kRateHz;
    while (at_s < end_s) {
      for (std::int64_t k = 0; k < pulse_count; ++k, at_s += period_s)
        add_chirp(out, sample_count(at_s), hz, hz * 0.985, pulse_s, 0, amplitude * one.uniform(0.8, 1));
      at_s += rest_s * one.uniform(0.85, 1.3);
    }
  }
  LowPass night(random.uniform(600, 3000));
  const double air = random.uniform(0.003, 0.02);
  for (float& sample : out) sample += static_cast<float>(air * night(random.noise()));
}

}  // namespace pupil::synth
