// SPDX-License-Identifier: Apache-2.0
// Ranges are reduced until a Taylor series converges in ten to sixteen terms. Speed does not matter: tables
// are built once per init(). What matters is that every operation is one IEEE operation, in one order, on
// every machine.

#include "frontend/table_math.h"

#include <bit>

namespace pupil::edge {
namespace {

constexpr double kPi = 3.14159265358979323846;
// ln 2 in two pieces; the first has 33 bits, so that a small integer times it is exact.
constexpr double kLn2High = 0.693147180369123816490;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kLog2E = 1.44269504088896340736;
constexpr double kSqrt2 = 1.41421356237309515;

// Taylor series, enough terms for |x| <= pi / 4.
double sin_series(double x) noexcept {
  const double square = x * x;
  double sum = 0.0;
  for (int n = 19; n >= 3; n -= 2) sum = (1.0 + sum) * -square / static_cast<double>(n * (n - 1));
  return x + x * sum;
}

double cos_series(double x) noexcept {
  const double square = x * x;
  double sum = 0.0;
  for (int n = 20; n >= 2; n -= 2) sum = (1.0 + sum) * -square / static_cast<double>(n * (n - 1));
  return 1.0 + sum;
}

double power_of_two(std::int64_t exponent) noexcept {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

}  // namespace

double cos_of_turn(std::int64_t step, std::int64_t steps) noexcept {
  // In eighths of a turn, exactly: position = eighth * steps + rest.
  std::int64_t position = step % steps;
  if (position < 0) position += steps;
  position *= 8;
  const std::int64_t eighth = position / steps;
  const std::int64_t rest = position % steps;
  const double up = kPi / 4.0 * static_cast<double>(rest) / static_cast<double>(steps);
  const double down = kPi / 4.0 * static_cast<double>(steps - rest) / static_cast<double>(steps);
  switch (eighth) {
    case 0: return cos_series(up);
    case 1: return sin_series(down);
    case 2: return -sin_series(up);
    case 3: return -cos_series(down);
    case 4: return -cos_series(up);
    case 5: return -sin_series(down);
    case 6: return sin_series(up);
    default: return cos_series(down);
  }
}

double sin_of_turn(std::int64_t step, std::int64_t steps) noexcept {
  return cos_of_turn(4 * step - steps, 4 * steps);
}

double table_ln(double x) noexcept {
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)), then ln m = 2 artanh(s), s = (m - 1) / (m + 1).
  const auto bits = std::bit_cast<std::uint64_t>(x);
  std::int64_t exponent = static_cast<std::int64_t>(bits >> 52) - 1023;
  double mantissa = x * power_of_two(-exponent);
  if (mantissa > kSqrt2) {
    mantissa *= 0.5;
    ++exponent;
  }
  const double s = (mantissa - 1.0) / (mantissa + 1.0);
  const double square = s * s;
  double sum = 0.0;
  for (int n = 23; n >= 3; n -= 2) sum = (1.0 / static_cast<double>(n) + sum) * square;
  const auto e = static_cast<double>(exponent);
  return e * kLn2High + (2.0 * s + (2.0 * s * sum + e * kLn2Low));
}

double table_exp(double x) noexcept {
  const double scaled = x * kLog2E;
  const auto exponent = static_cast<std::int64_t>(scaled + (scaled < 0.0 ? -0.5 : 0.5));
  const auto e = static_cast<double>(exponent);
  const double rest = (x - e * kLn2High) - e * kLn2Low;
  double sum = 0.0;
  for (int n = 16; n >= 1; --n) sum = (1.0 + sum) * rest / static_cast<double>(n);
  return (1.0 + sum) * power_of_two(exponent);
}

}  // namespace pupil::edge
