// SPDX-License-Identifier: Apache-2.0
// The natural logarithm of floats: a polynomial of our own, because every C library has a different one.

#pragma once

#include "frontend/lanes.h"

namespace pupil::edge {

/// ln(1 + f) = f - f^2 / 2 + f^3 p(f) for m = 1 + f below. p is the polynomial of degree 7 with the smallest
/// largest error, highest power first.
inline constexpr float kLnPolynomial[] = {-0.07634498178958893F, 0.1276157796382904F,   -0.13160182535648346F,
                                          0.14201757311820984F,  -0.16623356938362122F, 0.20001226663589478F,
                                          -0.2500081956386566F,  0.3333333134651184F};
/// ln 2 in two pieces; the first has nine bits, so that an exponent times it is exact.
inline constexpr float kLn2High = 0.693359375F;
inline constexpr float kLn2Low = -2.12194440e-4F;
/// The bits of sqrt(1/2).
inline constexpr std::int32_t kSqrtHalfBits = 0x3f3504f3;

/// ln of positive, normal, finite floats. The largest error over all of them is 0.86 units in the last place
/// (docs/frontend.md); log_lanes_test.cpp holds it below 0.9.
inline F4 ln(F4 x) noexcept {
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)).
  const I4 exponent = (bits_of(x) - kSqrtHalfBits) >> 23;
  const F4 f = floats_of(bits_of(x) - exponent * (1 << 23)) - 1.0F;
  const F4 e = __builtin_convertvector(exponent, F4);
  F4 p = splat(kLnPolynomial[0]);
  for (int i = 1; i < 8; ++i) p = p * f + kLnPolynomial[i];
  const F4 square = f * f;
  const F4 small = square * f * p + e * kLn2Low;
  return (f + (small - square * 0.5F)) + e * kLn2High;
}

}  // namespace pupil::edge
