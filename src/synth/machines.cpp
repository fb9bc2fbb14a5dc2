// SPDX-License-Identifier: Apache-2.0
// Roads, motors and warning signals.
//
// 1. What moves slowly (a car's distance, a siren's pitch) is computed every 32 or 64 samples.
// 2. A hum's partials come from a recurrence, each from the two before it: two sines a sample instead of
//    twelve.
// 3. Every car draws from a fork of its own: how many numbers one takes does not move the others.

#include <algorithm>
#include <array>
#include <cmath>

#include "synth/background_makers.h"
#include "synth/exact_math.h"
#include "synth/filters.h"

namespace pupil::synth {
namespace {

// One car: tyres (noise) and motor (a tone with partials), louder and brighter near its closest point.
void add_car(std::span<float> out, double closest_s, Random random) {
  const double speed_m_s = random.uniform(7, 25);
  const double nearest_m = random.uniform(4, 25);
  const double motor_hz = random.uniform(45, 130);
  const double motor = random.uniform(0.3, 1.4);
  const double loudness = random.uniform(0.4, 1) * nearest_m;
  const double reach_s = 10 * nearest_m / speed_m_s;
  const std::int64_t begin = std::max<std::int64_t>(0, sample_count(std::max(0.0, closest_s - reach_s)));
  const std::int64_t end = std::min<std::int64_t>(std::ssize(out), sample_count(closest_s + reach_s));
  Biquad tyre = Biquad::band_pass(random.uniform(400, 1000), 0.7);
  LowPass air(8000);
  LowPass rumble(150);
  double phase = 0;
  double gain = 0;
  double doppler = 1;
  for (std::int64_t n = begin; n < end; ++n) {
    if ((n - begin) % 64 == 0) {
      const double along_m = speed_m_s * (static_cast<double>(n) / kRateHz - closest_s);
      const double away_m = std::sqrt(along_m * along_m + nearest_m * nearest_m);
      const double edge = smooth_step(0, 0.15, 1 - std::abs(along_m) / (speed_m_s * reach_s));
      gain = loudness / away_m * edge;
      doppler = 1 - speed_m_s * along_m / (away_m * 343);
      air.set(5000 / (1 + away_m / 20));
    }
    phase += motor_hz * doppler / kRateHz;
    const double saw = phase - std::floor(phase) - 0.5;
    const double white = random.noise();
    const double sound = tyre(white) + 3 * rumble(white) + motor * 0.3 * (saw + 0.5 * sine(2 * phase));
    out[static_cast<std::size_t>(n)] += static_cast<float>(gain * air(sound));
  }
}

}  // namespace

void make_traffic(std::span<float> out, Random random) {
  LowPass far(random.uniform(80, 260));
  LowPass farther(random.uniform(200, 700));
  Wander surge(0.25, random);
  const double roar = random.uniform(0.3, 1.5);
  for (float& sample : out) {
    const double swell = 1 + 0.4 * surge(random);
    sample = static_cast<float>(roar * swell * farther(far(random.noise())));
  }
  const double cars_per_s = random.uniform(0.12, 0.5);
  double at_s = random.uniform(0, 2.5);
  const double end_s = static_cast<double>(out.size()) / kRateHz + 2;
  for (std::uint64_t i = 0; at_s < end_s; ++i) {
    add_car(out, at_s, random.fork("car", i));
    at_s += random.uniform(0.3, 1.7) / cars_per_s;
  }
}

// Mains and what hangs on it: partials that beat slowly, a fan, a compressor that labours.
void make_hum(std::span<float> out, Random random) {
  constexpr int kPartials = 12;
  const double mains_hz = random.chance(0.6) ? 50.0 : 60.0;
  std::array<double, kPartials> strength{};
  for (int k = 0; k < kPartials; ++k) {
    const double even = k % 2 == 1 ? 1.0 : 0.45;  // k = 1 is twice the mains, the strongest
    strength[static_cast<std::size_t>(k)] = even * random.uniform(0.2, 1) / (1 + 0.2 * k);
  }
  const double fan = random.uniform(0.1, 1.0);
  LowPass housing(random.uniform(100, 500));
  const double blade_hz = random.uniform(150, 700);
  Biquad blade = Biquad::band_pass(blade_hz, random.uniform(1, 5));
  Wander labour(random.uniform(0.5, 2), random);
  Wander drift(0.7, random);
  const double beat_hz = random.uniform(0.3, 3);
  const double beat = random.uniform(0.05, 0.3);
  double phase = random.uniform();
  for (std::size_t n = 0; n < out.size(); ++n) {
    const double t = static_cast<double>(n) / kRateHz;
    const double load = 1 + 0.3 * labour(random);
    phase += mains_hz * (1 + 0.004 * drift(random)) / kRateHz;
    const double turn = 2 * cosine(phase);
    double before = 0;
    double now = sine(phase);
    double tone = 0;
    for (int k = 0; k < kPartials; ++k) {
      tone += strength[static_cast<std::size_t>(k)] * now;
      const double next = turn * now - before;
      before = now;
      now = next;
    }
    const double air = random.noise();
    const double moving = housing(air) + 2 * blade(air);
    out[n] = static_cast<float>(load * (0.3 * tone * (1 + beat * sine(beat_hz * t)) + 0.3 * fan * moving));
  }
}

namespace {

// A piezo plate or a small loudspeaker: a tone with odd partials.
void add_beep(std::span<float> out, double at_s, double length_s, double hz, double harshness) {
  const std::int64_t begin = sample_count(at_s);
  const std::int64_t count = sample_count(length_s);
  for (std::int64_t n = 0; n < count && begin + n < std::ssize(out); ++n) {
    const double t = static_cast<double>(n) / kRateHz;
    const double level = smooth_step(0, 0.004, t) * smooth_step(0, 0.004, length_s - t);
    double tone = sine(hz * t) + harshness * 0.33 * sine(3 * hz * t);
    if (5 * hz < 15000) tone += harshness * 0.2 * sine(5 * hz * t);
    out[static_cast<std::size_t>(begin + n)] += static_cast<float>(level * tone);
  }
}

}  // namespace

// Beeps in groups, all alike as electronics are; the pattern and the pitch differ from device to device.
void make_alarm(std::span<float> out, Random random) {
  std::fill(out.begin(), out.end(), 0.0F);
  const double hz = random.chance(0.3) ? random.uniform(2900, 3300) : random.uniform(700, 2800);
  const double second_hz = random.chance(0.3) ? hz * random.uniform(1.15, 1.6) : hz;
  const std::int64_t group = random.between(1, 5);
  const double beep_s = group == 1 ? random.uniform(0.2, 0.6) : random.uniform(0.06, 0.25);
  const double gap_s = beep_s * random.uniform(0.4, 1.2);
  const double rest_s = random.uniform(0.3, 1.1);
  const double harshness = random.uniform();
  const double end_s = static_cast<double>(out.size()) / kRateHz;
  double at_s = random.uniform(0, 0.4);
  while (at_s < end_s) {
    for (std::int64_t i = 0; i < group; ++i, at_s += beep_s + gap_s)
      add_beep(out, at_s, beep_s, i % 2 == 0 ? hz : second_hz, harshness);
    at_s += rest_s;
  }
}

// A wail, a yelp or two tones, from a horn.
void make_siren(std::span<float> out, Random random) {
  const double low_hz = random.uniform(450, 700);
  const double high_hz = low_hz * random.uniform(1.6, 2.6);
  const double period_s = random.chance(0.5) ? random.uniform(2.5, 6) : random.uniform(0.25, 0.6);
  const bool is_two_tone = random.chance(0.3);
  const double tone_s = random.uniform(0.4, 0.8);
  Biquad horn = Biquad::band_pass(random.uniform(900, 1700), 0.8);
  Wander passing(0.3, random);
  double phase = 0;
  double hz = low_hz;
  for (std::size_t n = 0; n < out.size(); ++n) {
    const double t = static_cast<double>(n) / kRateHz;
    if (n % 32 == 0) {
      const double sweep = 0.5 - 0.5 * cosine(t / period_s);
      const bool is_high = static_cast<std::int64_t>(t / tone_s) % 2 == 1;
      hz = is_two_tone ? (is_high ? low_hz * 1.33 : low_hz) : low_hz + (high_hz - low_hz) * sweep;
    }
    phase += hz / kRateHz;
    const double tone = sine(phase) + 0.5 * sine(2 * phase) + 0.33 * sine(3 * phase) + 0.2 * sine(4 * phase);
    out[n] = static_cast<float>((1 + 0.3 * passing(random)) * horn(tone));
  }
}

}  // namespace pupil::synth
