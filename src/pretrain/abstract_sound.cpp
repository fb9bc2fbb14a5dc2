// SPDX-License-Identifier: Apache-2.0
#include "pretrain/abstract_sound.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/counter_random.h"

namespace pupil::pretrain {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

// A band-pass of two poles at a random place.
struct Resonance {
  double b0 = 1, a1 = 0, a2 = 0, y1 = 0, y2 = 0;

  static Resonance draw(CounterRandom& random, std::int32_t rate_hz) {
    const double centre = 150 * std::pow(2.0, random.uniform(0, 5.5)),
                 width = centre * random.uniform(0.05, 0.8);
    const double radius = std::exp(-kTurn / 2 * width / rate_hz);
    Resonance resonance;
    resonance.a1 = -2 * radius * std::cos(kTurn * std::min(0.49, centre / rate_hz));
    resonance.a2 = radius * radius;
    resonance.b0 = 1 - radius;
    return resonance;
  }
  double operator()(double x) {
    const double y = b0 * x - a1 * y1 - a2 * y2;
    y2 = y1;
    y1 = y;
    return y;
  }
};

struct Event {
  double pitch_hz, glide_octaves, tremble_hz, tremble_depth, wobble_hz, wobble_octaves, noise_share,
      brightness;
  double attack_s, decay_s;

  static Event draw(CounterRandom& random) {
    Event event{};
    event.pitch_hz = 40 * std::pow(2.0, random.uniform(0, 6.5));
    event.glide_octaves = random.chance(0.5) ? random.uniform(-1.5, 1.5) : 0;
    event.tremble_hz = random.uniform(2, 80);
    event.tremble_depth = random.chance(0.5) ? random.uniform(0, 1) : 0;
    event.wobble_hz = random.uniform(2, 15);
    event.wobble_octaves = random.chance(0.4) ? random.uniform(0, 0.3) : 0;
    event.noise_share = random.chance(0.3) ? 1 : random.chance(0.5) ? random.uniform(0, 0.7) : 0;
    event.brightness = random.uniform(0.2, 0.95);
    event.attack_s = 0.002 * std::pow(2.0, random.uniform(0, 7));
    event.decay_s = 0.01 * std::pow(2.0, random.uniform(0, 7));
    return event;
  }
};

// A tone whose harmonics fall by `brightness` from each to the next has the closed form of a geometric series.
double harmonic_tone(double phase, double brightness) {
  const double turn = kTurn * phase;
  return std::sin(turn) / (1 + brightness * brightness - 2 * brightness * std::cos(turn)) * (1 - brightness);
}

void add_event(const Event& event, double duration_s, std::int32_t rate_hz, CounterRandom& random,
               double level, std::vector<float>& samples, std::int64_t first) {
  const auto count = static_cast<std::int64_t>(duration_s * rate_hz);
  double phase = 0;
  for (std::int64_t i = 0; i < count && first + i < std::ssize(samples); ++i) {
    const double t = static_cast<double>(i) / rate_hz;
    const double octaves =
        event.glide_octaves * t / duration_s + event.wobble_octaves * std::sin(kTurn * event.wobble_hz * t);
    phase += std::min(0.45, event.pitch_hz * std::exp2(octaves) / rate_hz);
    const double tone = harmonic_tone(phase, event.brightness);
    const double noise = random.uniform(-1, 1);
    const double envelope = std::min({1.0, t / event.attack_s, (duration_s - t) / 0.01}) *
                            std::exp(-t / event.decay_s * 0.7) *
                            (1 - event.tremble_depth * (0.5 + 0.5 * std::sin(kTurn * event.tremble_hz * t)));
    samples[static_cast<std::size_t>(first + i)] +=
        static_cast<float>(level * envelope * (tone * (1 - event.noise_share) + noise * event.noise_share));
  }
}

}  // namespace

std::vector<float> make_abstract_sound(std::int64_t sample_count, std::int32_t rate_hz, std::uint64_t seed) {
  CounterRandom random(seed, 0xA5, 0, 0);
  std::vector<float> samples(static_cast<std::size_t>(sample_count), 0.0F);
  const double length_s = static_cast<double>(sample_count) / rate_hz;
  const Event event = Event::draw(random);
  // One kind of event, repeated as steps, calls and machines repeat; sometimes one that lasts.
  const double duration_s = random.chance(0.2) ? length_s : 0.03 * std::pow(2.0, random.uniform(0, 5.5));
  const double pause_s = random.chance(0.3) ? 0 : 0.03 * std::pow(2.0, random.uniform(0, 5));
  const double irregularity = random.uniform(0, 0.8), variation = random.uniform(0, 0.4);
  for (double at = random.uniform(0, 0.3); at < length_s;) {
    Event varied = event;
    varied.pitch_hz *= std::exp2(variation * random.uniform(-1, 1));
    varied.decay_s = std::max(varied.decay_s, duration_s * 0.2);
    add_event(varied, duration_s, rate_hz, random, random.uniform(0.3, 1), samples,
              static_cast<std::int64_t>(at * rate_hz));
    at += duration_s + pause_s * (1 + irregularity * random.uniform(-1, 2)) + 0.01;
  }
  const std::int64_t resonances = random.below(4);
  for (std::int64_t r = 0; r < resonances; ++r) {
    Resonance resonance = Resonance::draw(random, rate_hz);
    const double direct = random.uniform(0, 0.5);
    for (float& sample : samples) sample = static_cast<float>(direct * sample + resonance(sample));
  }
  float loudest = 1e-9F;
  for (const float sample : samples) loudest = std::max(loudest, std::abs(sample));
  for (float& sample : samples) sample /= loudest;
  return samples;
}

}  // namespace pupil::pretrain
