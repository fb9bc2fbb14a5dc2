// SPDX-License-Identifier: Apache-2.0
// Elementary functions that give the same bits on every machine: additions, multiplications and divisions in
// a fixed order, of which IEEE 754 fixes every bit. A libm's sine may differ in the last bit from the next
// one's.
//
// The module is compiled without contraction to fused multiply-add (CMakeLists.txt), which would change bits
// too.

#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace pupil::synth {

inline constexpr double kPi = 3.14159265358979323846;

/// sin(2 pi turns), off by less than 1e-9. |turns| below 2^50.
inline double sine(double turns) {
  double x = turns - std::floor(turns + 0.5);  // [-0.5, 0.5]
  if (x > 0.25) x = 0.5 - x;
  if (x < -0.25) x = -0.5 - x;
  const double a = 2 * kPi * x;
  const double s = a * a;
  return a * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110 * (1 - s / 156))))));
}

inline double cosine(double turns) {
  return sine(turns + 0.25);
}

/// 2^x, off by less than 1e-9 of itself. |x| up to 1000.
inline double power_of_two(double x) {
  const double whole = std::floor(x + 0.5);
  const double a = (x - whole) * 0.69314718055994530942;
  const double fraction =
      1 + a * (1 + a / 2 * (1 + a / 3 * (1 + a / 4 * (1 + a / 5 * (1 + a / 6 * (1 + a / 7 * (1 + a / 8)))))));
  const auto exponent = static_cast<std::uint64_t>(static_cast<std::int64_t>(whole) + 1023);
  return fraction * std::bit_cast<double>(exponent << 52U);
}

/// e^x.
inline double exponential(double x) {
  return power_of_two(x * 1.44269504088896340736);
}

/// The factor of amplitude that `decibels` stand for: 20 -> 10.
inline double gain_of(double decibels) {
  return power_of_two(decibels * 0.16609640474436811739);
}

/// 0 at `from`, 1 at `to`, smooth (3t^2 - 2t^3) between and constant outside; from < to.
inline double smooth_step(double from, double to, double x) {
  if (x <= from) return 0;
  if (x >= to) return 1;
  const double t = (x - from) / (to - from);
  return t * t * (3 - 2 * t);
}

}  // namespace pupil::synth
