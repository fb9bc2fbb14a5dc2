// SPDX-License-Identifier: Apache-2.0
#include "synth/filters.h"

#include "synth/random.h"

namespace pupil::synth {
namespace {

struct Angle {
  double cos;
  double alpha;
};

Angle angle(double hz, double q) {
  return {cosine(hz / kRateHz), sine(hz / kRateHz) / (2 * q)};
}

}  // namespace

Biquad Biquad::band_pass(double centre_hz, double q) {
  const auto [c, alpha] = angle(centre_hz, q);
  return {alpha, 0, -alpha, 1 + alpha, -2 * c, 1 - alpha};
}

Biquad Biquad::low_pass(double cutoff_hz, double q) {
  const auto [c, alpha] = angle(cutoff_hz, q);
  return {(1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha};
}

Biquad Biquad::high_pass(double cutoff_hz, double q) {
  const auto [c, alpha] = angle(cutoff_hz, q);
  return {(1 + c) / 2, -1 - c, (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha};
}

Biquad Biquad::peak(double centre_hz, double q, double gain_db) {
  const auto [c, alpha] = angle(centre_hz, q);
  const double a = gain_of(gain_db / 2);
  return {1 + alpha * a, -2 * c, 1 - alpha * a, 1 + alpha / a, -2 * c, 1 - alpha / a};
}

Wander::Wander(double rate_hz, Random& random)
    : step_(rate_hz / kRateHz), from_(random.noise()), to_(random.noise()) {}

double Wander::operator()(Random& random) {
  position_ += step_;
  if (position_ >= 1) {
    position_ -= 1;
    from_ = to_;
    to_ = random.noise();
  }
  return from_ + (to_ - from_) * position_ * position_ * (3 - 2 * position_);
}

}  // namespace pupil::synth
