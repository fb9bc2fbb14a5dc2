// SPDX-License-Identifier: Apache-2.0
// Small recursive filters, double precision, one sample at a time.

#pragma once

#include "synth/exact_math.h"
#include "synth/samples.h"

namespace pupil::synth {

class Random;

/// One pole, 6 dB an octave.
class LowPass {
 public:
  LowPass() = default;
  explicit LowPass(double cutoff_hz) { set(cutoff_hz); }
  void set(double cutoff_hz) { memory_share_ = exponential(-2 * kPi * cutoff_hz / kRateHz); }
  double operator()(double x) { return value_ = x + memory_share_ * (value_ - x); }

 private:
  double memory_share_ = 0;
  double value_ = 0;
};

/// What LowPass leaves.
class HighPass {
 public:
  HighPass() = default;
  explicit HighPass(double cutoff_hz) : low_(cutoff_hz) {}
  double operator()(double x) { return x - low_(x); }

 private:
  LowPass low_;
};

/// Two poles and two zeros (R. Bristow-Johnson's audio EQ formulas).
class Biquad {
 public:
  /// Gain 1 at `centre_hz`, which is below 16 kHz; `q` is centre over bandwidth.
  static Biquad band_pass(double centre_hz, double q);
  static Biquad low_pass(double cutoff_hz, double q = 0.7071);
  static Biquad high_pass(double cutoff_hz, double q = 0.7071);
  /// `gain_db` at `centre_hz`, 0 far from it.
  static Biquad peak(double centre_hz, double q, double gain_db);

  double operator()(double x) {
    const double y = b0_ * x + z1_;
    z1_ = b1_ * x - a1_ * y + z2_;
    z2_ = b2_ * x - a2_ * y;
    return y;
  }

  /// Takes the coefficients of `other` and keeps the state, for filters that move.
  void retune(const Biquad& other) {
    b0_ = other.b0_, b1_ = other.b1_, b2_ = other.b2_, a1_ = other.a1_, a2_ = other.a2_;
  }

 private:
  Biquad(double b0, double b1, double b2, double a0, double a1, double a2)
      : b0_(b0 / a0), b1_(b1 / a0), b2_(b2 / a0), a1_(a1 / a0), a2_(a2 / a0) {}

  double b0_, b1_, b2_, a1_, a2_;
  double z1_ = 0;
  double z2_ = 0;
};

/// Two poles with gain 1 at 0 Hz: one formant of a cascade (Klatt, 1980).
class Resonator {
 public:
  void set(double centre_hz, double bandwidth_hz) {
    const double r = exponential(-kPi * bandwidth_hz / kRateHz);
    b_ = 2 * r * cosine(centre_hz / kRateHz);
    c_ = -r * r;
    a_ = 1 - b_ - c_;
  }
  double operator()(double x) {
    const double y = a_ * x + b_ * y1_ + c_ * y2_;
    y2_ = y1_;
    y1_ = y;
    return y;
  }

 private:
  double a_ = 1, b_ = 0, c_ = 0;
  double y1_ = 0, y2_ = 0;
};

/// A number that wanders between -1 and 1: cubic steps between random points, `rate_hz` of them a second.
class Wander {
 public:
  Wander(double rate_hz, Random& random);
  double operator()(Random& random);

 private:
  double step_;
  double position_ = 0;
  double from_, to_;
};

}  // namespace pupil::synth
