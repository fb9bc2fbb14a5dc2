// SPDX-License-Identifier: Apache-2.0
// A room is its first reflections (image sources, Allen and Berkley, 1979) and a tail from eight delay lines
// that feed each other (Jot, 1991): some 60 operations a sample, where a convolution with the response would
// need ten thousand.

#include "synth/place.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "synth/exact_math.h"
#include "synth/filters.h"
#include "synth/random.h"

namespace pupil::synth {
namespace {

constexpr double kSoundMPerS = 343;
constexpr std::size_t kLines = 8;

using Point = std::array<double, 3>;

double distance(const Point& a, const Point& b) {
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

// A reflection: behind the direct sound by so much, relative to it in amplitude.
struct Echo {
  std::size_t delay_samples;
  float gain;
};

Echo echo(double path_m, double direct_m, double reflection) {
  const double late_s = std::max(0.0, path_m - direct_m) / kSoundMPerS;
  return {static_cast<std::size_t>(sample_count(late_s)), static_cast<float>(reflection * direct_m / path_m)};
}

std::vector<Echo> draw_echoes(const Place& place, double distance_m, Random random) {
  std::vector<Echo> echoes;
  if (!place.is_indoors) {
    const double height_m = random.uniform(0.8, 2);
    const double path_m = std::sqrt(distance_m * distance_m + 4 * height_m * height_m);
    echoes.push_back(echo(path_m, distance_m, random.uniform(0.2, 0.6)));
    // A wall or the edge of a wood, far off.
    if (random.chance(0.5)) echoes.push_back(echo(distance_m + random.uniform(20, 90), distance_m, 0.5));
    return echoes;
  }
  Point microphone{};
  Point source{};
  for (std::size_t i = 0; i < 3; ++i) {
    microphone[i] = place.room_m[i] * random.uniform(0.1, 0.9);
    source[i] = place.room_m[i] * random.uniform(0.1, 0.9);
  }
  const double direct_m = std::max(0.3, distance(microphone, source));
  const double reflection = random.uniform(0.5, 0.9);
  for (std::size_t i = 0; i < 3; ++i) {
    for (const double wall : {0.0, place.room_m[i]}) {
      Point image = source;
      image[i] = 2 * wall - source[i];
      echoes.push_back(echo(distance(microphone, image), direct_m, reflection));
    }
  }
  return echoes;
}

void add_echoes(std::span<float> samples, const std::vector<Echo>& echoes) {
  const std::vector<float> dry(samples.begin(), samples.end());
  for (const Echo& one : echoes) {
    for (std::size_t n = one.delay_samples; n < dry.size(); ++n)
      samples[n] += one.gain * dry[n - one.delay_samples];
  }
}

// The diffuse tail. Its lines have lengths without common factors around the room's mean free path.
class Tail {
 public:
  Tail(const Place& place, Random random) {
    const auto& m = place.room_m;
    const double free_path_m = 2 * m[0] * m[1] * m[2] / (m[0] * m[1] + m[1] * m[2] + m[0] * m[2]);
    for (std::size_t i = 0; i < kLines; ++i) {
      const double share = 0.6 + 0.2 * static_cast<double>(i) + random.uniform(0, 0.1);
      const double delay_s = std::max(0.002, share * free_path_m / kSoundMPerS);
      lines_[i].assign(static_cast<std::size_t>(sample_count(delay_s)) | 1U, 0.0F);
      gains_[i] = power_of_two(-9.965784284662087 * delay_s / place.reverberation_s);
      treble_[i].set(random.uniform(3000, 7000));
    }
  }

  double operator()(double x) {
    std::array<double, kLines> out{};
    double sum = 0;
    double heard = 0;
    for (std::size_t i = 0; i < kLines; ++i) {
      out[i] = gains_[i] * treble_[i](double{lines_[i][at_[i]]});
      sum += out[i];
      heard += i % 2 == 0 ? out[i] : -out[i];
    }
    // Householder's matrix: lossless, and every line feeds every other.
    for (std::size_t i = 0; i < kLines; ++i) {
      lines_[i][at_[i]] = static_cast<float>(x + out[i] - 2.0 / kLines * sum);
      if (++at_[i] == lines_[i].size()) at_[i] = 0;
    }
    return heard;
  }

 private:
  std::array<std::vector<float>, kLines> lines_;
  std::array<std::size_t, kLines> at_{};
  std::array<double, kLines> gains_{};
  std::array<LowPass, kLines> treble_;
};

void add_tail(std::span<float> samples, const Place& place, double distance_m, Random random) {
  const auto& m = place.room_m;
  // Where direct and diffuse sound are equally strong: 0.057 sqrt(volume / reverberation time).
  const double critical_m = 0.057 * std::sqrt(m[0] * m[1] * m[2] / place.reverberation_s);
  const double share = std::min(3.0, distance_m / critical_m);
  Tail tail(place, random);
  double energy = 0;
  std::vector<float> wet(samples.size());
  for (std::size_t n = 0; n < samples.size(); ++n) {
    wet[n] = static_cast<float>(tail(double{samples[n]}));
    energy += double{wet[n]} * double{wet[n]};
  }
  const double direct = power(samples) * static_cast<double>(samples.size());
  if (energy <= 0 || direct <= 0) return;
  const auto gain = static_cast<float>(0.5 * share * std::sqrt(direct / energy));
  for (std::size_t n = 0; n < samples.size(); ++n) samples[n] += gain * wet[n];
}

}  // namespace

Place draw_place(std::uint64_t seed) {
  Random random = Random(seed).fork("place");
  Place place;
  place.is_indoors = random.chance(0.6);
  // Outdoors walls, woods and hills far around make a thin, long tail.
  place.room_m = place.is_indoors
                     ? Point{random.uniform(2.5, 9), random.uniform(2, 6), random.uniform(2.3, 3.5)}
                     : Point{random.uniform(15, 50), random.uniform(15, 40), random.uniform(6, 15)};
  place.reverberation_s = place.is_indoors ? random.uniform(0.2, 0.8) : random.uniform(0.5, 1.5);
  place.distance_m = place.is_indoors ? random.uniform(0.5, 6) : random.uniform(1, 30);
  place.low_cut_hz = random.uniform(30, 150);
  place.high_cut_hz = random.chance(0.3) ? random.uniform(6000, 9000) : random.uniform(11000, 15500);
  place.peak_hz = random.uniform(1500, 6000);
  place.peak_db = random.uniform(-4, 6);
  place.noise_dbfs = random.uniform(-90, -65);
  place.overload_db = random.chance(0.05) ? random.uniform(1, 6) : 0.0;
  return place;
}

void carry(std::span<float> samples, const Place& place, double distance_m, std::uint64_t seed) {
  const Random random = Random(seed).fork("carry");
  LowPass air(22000 / (1 + distance_m / 20));
  for (float& sample : samples) sample = static_cast<float>(air(double{sample}));
  const std::vector<Echo> echoes = draw_echoes(place, distance_m, random.fork("echoes"));
  add_echoes(samples, echoes);
  add_tail(samples, place, distance_m, random.fork("tail"));
}

void colour(std::span<float> samples, const Place& place) {
  Biquad low = Biquad::high_pass(place.low_cut_hz);
  Biquad high = Biquad::low_pass(place.high_cut_hz);
  Biquad peak = Biquad::peak(place.peak_hz, 0.8, place.peak_db);
  for (float& sample : samples) sample = static_cast<float>(peak(high(low(double{sample}))));
}

void add_noise(std::span<float> samples, const Place& place, std::uint64_t seed) {
  Random random = Random(seed).fork("microphone noise");
  const double amplitude = 1.7320508075688772 * gain_of(place.noise_dbfs);
  LowPass near(place.is_indoors ? 120 : 300);
  LowPass far(500);
  for (float& sample : samples) {
    const double hiss = random.noise();
    sample += static_cast<float>(amplitude * (hiss + 12 * far(near(random.noise()))));
  }
}

}  // namespace pupil::synth
