// SPDX-License-Identifier: Apache-2.0
#include "student/audio_effects.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace pupil::student {
namespace {

double from_db(double db) {
  return std::pow(10.0, db / 20.0);
}

/// A second-order filter, normalised to a0 = 1.
struct Biquad {
  float b0, b1, b2, a1, a2;

  void run(std::span<float> audio) const {
    float s1 = 0, s2 = 0;
    for (float& x : audio) {
      const float y = b0 * x + s1;
      s1 = b1 * x - a1 * y + s2;
      s2 = b2 * x - a2 * y;
      x = y;
    }
  }
};

Biquad normalised(double b0, double b1, double b2, double a0, double a1, double a2) {
  return {static_cast<float>(b0 / a0), static_cast<float>(b1 / a0), static_cast<float>(b2 / a0),
          static_cast<float>(a1 / a0), static_cast<float>(a2 / a0)};
}

// The bilinear designs of the Audio EQ Cookbook.
Biquad peak(double frequency, double q, double gain_db) {
  const double w = 2 * std::numbers::pi * frequency, alpha = std::sin(w) / (2 * q), a = from_db(gain_db / 2);
  return normalised(1 + alpha * a, -2 * std::cos(w), 1 - alpha * a, 1 + alpha / a, -2 * std::cos(w),
                    1 - alpha / a);
}

Biquad low_pass(double frequency) {
  const double w = 2 * std::numbers::pi * frequency, alpha = std::sin(w) / (2 * 0.7071), c = std::cos(w);
  return normalised((1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha);
}

Biquad high_pass(double frequency) {
  const double w = 2 * std::numbers::pi * frequency, alpha = std::sin(w) / (2 * 0.7071), c = std::cos(w);
  return normalised((1 + c) / 2, -1 - c, (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha);
}

double between_logarithmic(CounterRandom& random, double low, double high) {
  return low * std::pow(high / low, random.uniform());
}

// Noise between white and brown: white noise and two leaky sums of it, brought to one level, each in a share of its own.
void fill_broad_band(std::span<float> noise, CounterRandom& random) {
  constexpr float kFast = 0.3F, kSlow = 0.02F;  // half of a sum is forgotten in 2 samples, in 34
  const auto share = [&](double least_db) {
    return static_cast<float>(from_db(random.uniform(least_db, 0)));
  };
  const float white_share = share(-40), fast_share = 2.4F * share(-30), slow_share = 10 * share(-20);
  float fast = 0, slow = 0;
  for (float& x : noise) {
    const auto white = static_cast<float>(random.uniform(-1, 1));
    fast += kFast * (white - fast);
    slow += kSlow * (white - slow);
    x = white_share * white + fast_share * fast + slow_share * slow;
  }
}

// Gusts, passing cars, crowds: the level goes up and down by up to 12 dB, 0.2 to 4 times a second.
void swell(std::span<float> noise, double sample_rate_hz, CounterRandom& random) {
  const double turn = 2 * std::numbers::pi * between_logarithmic(random, 0.2, 4) / sample_rate_hz;
  const double phase = random.uniform(0, 2 * std::numbers::pi), depth = random.uniform(0, 0.6);
  for (std::size_t n = 0; n < noise.size(); ++n)
    noise[n] *= static_cast<float>(1 + depth * std::sin(phase + turn * static_cast<double>(n)));
}

// 50 or 60 Hz and its first harmonics, about as loud as what is there.
void add_hum(std::span<float> noise, double sample_rate_hz, CounterRandom& random) {
  constexpr int kHarmonics = 6;
  const double fundamental = random.chance(0.5) ? 50 : 60;
  const double level = std::sqrt(mean_power(noise)) * from_db(random.uniform(-10, 6));
  for (int h = 1; h <= kHarmonics; ++h) {
    const double turn = 2 * std::numbers::pi * h * fundamental / sample_rate_hz;
    const double phase = random.uniform(0, 2 * std::numbers::pi), gain = level * random.uniform() / h;
    for (std::size_t n = 0; n < noise.size(); ++n)
      noise[n] += static_cast<float>(gain * std::sin(phase + turn * static_cast<double>(n)));
  }
}

}  // namespace

double mean_power(std::span<const float> audio) {
  double sum = 0;
  for (const float x : audio) sum += static_cast<double>(x) * x;
  return audio.empty() ? 0.0 : sum / static_cast<double>(audio.size());
}

void colour(std::span<float> audio, double sample_rate_hz, double depth_db, CounterRandom& random) {
  for (int i = 0; i < 2; ++i) {
    const double frequency = between_logarithmic(random, 80, 0.45 * sample_rate_hz) / sample_rate_hz;
    const double q = between_logarithmic(random, 0.3, 1.5);
    peak(frequency, q, random.uniform(-depth_db, depth_db)).run(audio);
  }
  const double low = between_logarithmic(random, 0.16, 0.47), high = between_logarithmic(random, 60, 400);
  if (random.chance(0.25)) low_pass(low).run(audio);
  if (random.chance(0.25)) high_pass(high / sample_rate_hz).run(audio);
}

void add_room(std::span<float> audio, double sample_rate_hz, CounterRandom& random) {
  const auto length = static_cast<std::int64_t>(audio.size());
  const double decay_s = between_logarithmic(random, 0.1, 0.8);
  const double wet = from_db(random.uniform(-20, -4));
  std::vector<float> dry(audio.begin(), audio.end());
  for (int i = 0; i < 6; ++i) {
    const double delay_s = random.uniform(0.001, 0.03);
    const auto delay = static_cast<std::int64_t>(delay_s * sample_rate_hz);
    const auto gain =
        static_cast<float>(wet * std::pow(10.0, -3.0 * delay_s / decay_s) * random.uniform(-1, 1));
    for (std::int64_t n = delay; n < length; ++n) audio[n] += gain * dry[n - delay];
  }
  // Four combs whose delays have no common measure, each losing its highs a little with every round.
  std::vector<float> loop;
  for (const double seconds : {0.0297, 0.0371, 0.0411, 0.0437}) {
    const auto delay = static_cast<std::size_t>(seconds * random.uniform(0.7, 1.3) * sample_rate_hz);
    const double delay_s = static_cast<double>(delay) / sample_rate_hz;
    const auto feedback = static_cast<float>(std::pow(10.0, -3.0 * delay_s / decay_s));
    const auto gain = static_cast<float>(wet * (random.chance(0.5) ? 0.5 : -0.5));
    loop.assign(delay, 0.0F);
    float low = 0;
    std::size_t at = 0;
    for (std::int64_t n = 0; n < length; ++n) {
      low += 0.6F * (loop[at] - low);
      audio[n] += gain * low;
      loop[at] = dry[n] + feedback * low;
      if (++at == delay) at = 0;
    }
  }
}

void make_place_noise(std::span<float> noise, double sample_rate_hz, CounterRandom& random) {
  constexpr double kResonanceDb = 12;
  fill_broad_band(noise, random);
  colour(noise, sample_rate_hz, kResonanceDb, random);
  swell(noise, sample_rate_hz, random);
  if (random.chance(0.25)) add_hum(noise, sample_rate_hz, random);
}

void add_noise(std::span<float> audio, std::span<const float> noise, double snr_db) {
  const double signal_power = mean_power(audio), noise_power = mean_power(noise);
  if (signal_power <= 0 || noise_power <= 0) return;
  const auto gain = static_cast<float>(std::sqrt(signal_power / noise_power) * from_db(-snr_db));
  for (std::size_t i = 0; i < audio.size(); ++i) audio[i] += gain * noise[i];
}

void mix(std::span<float> audio, std::span<const float> other, double share) {
  constexpr double kQuietest = 1e-9;  // -90 dB: below it levels are noise
  const double level =
      std::sqrt(std::max(mean_power(audio), kQuietest) / std::max(mean_power(other), kQuietest));
  const double p = share >= 1.0 ? 1.0 : 1.0 / (1.0 + level * (1.0 - share) / std::max(share, 1e-6));
  const double norm = std::sqrt(p * p + (1 - p) * (1 - p));
  const auto a = static_cast<float>(p / norm), b = static_cast<float>((1 - p) / norm);
  for (std::size_t i = 0; i < audio.size(); ++i) audio[i] = a * audio[i] + b * other[i];
}

}  // namespace pupil::student
