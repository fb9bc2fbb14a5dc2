// SPDX-License-Identifier: Apache-2.0
// A tune over chords and drums: plucked, struck or blown notes of a scale.

#include <algorithm>
#include <array>

#include "synth/background_makers.h"
#include "synth/exact_math.h"
#include "synth/filters.h"
#include "synth/ring.h"

namespace pupil::synth {
namespace {

constexpr std::array<std::array<int, 7>, 3> kScales = {
    {{0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10}, {0, 2, 4, 7, 9, 12, 14}}};
constexpr std::array<std::array<int, 4>, 4> kProgressions = {
    {{0, 4, 5, 3}, {0, 3, 4, 4}, {0, 5, 3, 4}, {5, 3, 0, 4}}};

// A sustained note (organ, strings, a wind): partials that swell and end together.
void add_held(std::span<float> out, std::int64_t begin, double hz, double length_s, double amplitude,
              double brightness) {
  const std::int64_t count = sample_count(length_s);
  const int partial_count = static_cast<int>(std::clamp(9000 / hz, 1.0, 10.0));
  const double attack_s = std::min(0.06, length_s / 3);
  for (std::int64_t n = 0; n < count && begin + n < std::ssize(out); ++n) {
    const double t = static_cast<double>(n) / kRateHz;
    const double phase = hz * t + 0.05 * sine(5.3 * t);
    const double turn = 2 * cosine(phase);
    double before = 0;
    double now = sine(phase);
    double sum = 0;
    double strength = 1;
    for (int k = 1; k <= partial_count; ++k, strength *= brightness) {
      sum += strength * now;
      const double next = turn * now - before;
      before = now;
      now = next;
    }
    const double level = smooth_step(0, attack_s, t) * smooth_step(0, attack_s, length_s - t);
    out[static_cast<std::size_t>(begin + n)] += static_cast<float>(amplitude * level * sum);
  }
}

// A plucked or struck note: every partial dies by itself.
void add_plucked(std::span<float> out, std::int64_t begin, double hz, double amplitude, double brightness) {
  double strength = amplitude;
  for (int k = 1; k <= 8 && k * hz < 12000; ++k, strength *= brightness)
    add_ring(out, begin, k * hz * (1 + 0.0004 * k * k), strength, 1.6 / (1 + 0.5 * k), 0.002);
}

void add_drum(std::span<float> out, std::int64_t begin, int kind, double amplitude, Random& random) {
  if (kind == 0) {
    add_ring(out, begin, 58, 1.2 * amplitude, 0.25, 0.002);
    add_ring(out, begin, 110, 0.5 * amplitude, 0.08, 0.001);
    return;
  }
  const double decay_s = kind == 1 ? 0.16 : 0.06;
  const double fall = power_of_two(-9.965784284662087 / (decay_s * kRateHz));
  Biquad colour = kind == 1 ? Biquad::band_pass(1800, 0.5) : Biquad::high_pass(7000);
  double level = 0.7 * amplitude;
  for (std::int64_t n = 0; n < sample_count(decay_s) && begin + n < std::ssize(out); ++n, level *= fall)
    out[static_cast<std::size_t>(begin + n)] += static_cast<float>(level * colour(random.noise()));
}

// Who plays, drawn once per piece.
struct Piece {
  double root_hz;
  std::array<int, 7> scale;
  std::array<int, 4> progression;
  double beat_s;
  bool is_lead_held, are_chords_held;
  double brightness;
  double drums;

  explicit Piece(Random& random)
      : root_hz(110 * power_of_two(static_cast<double>(random.below(12)) / 12)),
        scale(random.pick(kScales)),
        progression(random.pick(kProgressions)),
        beat_s(60 / random.uniform(75, 150)),
        is_lead_held(random.chance(0.4)),
        are_chords_held(random.chance(0.5)),
        brightness(random.uniform(0.3, 0.75)),
        drums(random.chance(0.7) ? random.uniform(0.15, 0.6) : 0.0) {}

  /// `degree` counts notes of the scale from the root, over several octaves.
  double pitch_hz(int degree) const {
    const int octave = degree >= 0 ? degree / 7 : -1;
    const int semitones = scale[static_cast<std::size_t>(degree - 7 * octave)] + 12 * octave;
    return root_hz * power_of_two(semitones / 12.0);
  }
};

void add_note(std::span<float> out, std::int64_t begin, bool is_held, double hz, double length_s,
              double amplitude, double brightness) {
  is_held ? add_held(out, begin, hz, length_s, amplitude, brightness)
          : add_plucked(out, begin, hz, amplitude, brightness);
}

}  // namespace

void make_music(std::span<float> out, Random random) {
  std::fill(out.begin(), out.end(), 0.0F);
  const Piece piece(random);
  const double end_s = static_cast<double>(out.size()) / kRateHz;
  int degree = static_cast<int>(random.between(7, 13));
  std::int64_t bar = 0;
  for (double bar_s = 0; bar_s < end_s; bar_s += 4 * piece.beat_s, ++bar) {
    const int chord = piece.progression[static_cast<std::size_t>(bar % 4)];
    const std::int64_t begin = sample_count(bar_s);
    add_note(out, begin, piece.are_chords_held, 0.5 * piece.pitch_hz(chord), 4 * piece.beat_s, 0.35,
             piece.brightness);
    for (int third = 0; third < 3; ++third)
      add_note(out, begin, piece.are_chords_held, piece.pitch_hz(chord + 2 * third), 3.9 * piece.beat_s, 0.14,
               piece.brightness);
    for (int half = 0; half < 8; ++half) {
      const std::int64_t when = sample_count(bar_s + 0.5 * half * piece.beat_s);
      if (piece.drums > 0) {
        add_drum(out, when, half % 4 == 0 ? 0 : half % 4 == 2 ? 1 : 2, piece.drums, random);
      }
      if (random.chance(half % 2 == 0 ? 0.2 : 0.5)) continue;
      degree = std::clamp(degree + static_cast<int>(random.between(-2, 2)), 6, 17);
      const double length_s = piece.beat_s * (random.chance(0.5) ? 0.5 : 0.95);
      add_note(out, when, piece.is_lead_held, piece.pitch_hz(degree), length_s, 0.4, piece.brightness);
    }
  }
}

}  // namespace pupil::synth
