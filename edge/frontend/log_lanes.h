// The natural logarithm of floats: an own polynomial, because every C library has another one.

#pragma once

#include "frontend/lanes.h"

namespace pupil::edge {

/// ln of positive, normal, finite floats. The largest error over all of them is 0.86 units in the last place
/// (docs/frontend.md); log_lanes_test.cpp holds it below 0.9.
inline F4 ln(F4 x) noexcept {
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)); 0x3f3504f3 is sqrt(1/2).
  const I4 exponent = (bits_of(x) - 0x3f3504f3) >> 23;
  const F4 f = floats_of(bits_of(x) - exponent * (1 << 23)) - 1.0F;
  const F4 e = __builtin_convertvector(exponent, F4);
  // ln(1 + f) = f - f^2 / 2 + f^3 p(f); p is the polynomial of degree 7 with the smallest largest error.
  F4 p = splat(-0.07634498178958893F);
  p = p * f + 0.1276157796382904F;
  p = p * f - 0.13160182535648346F;
  p = p * f + 0.14201757311820984F;
  p = p * f - 0.16623356938362122F;
  p = p * f + 0.20001226663589478F;
  p = p * f - 0.2500081956386566F;
  p = p * f + 0.3333333134651184F;
  const F4 square = f * f;
  // ln 2 in two pieces; the first has nine bits, so that e times it is exact.
  const F4 small = square * f * p + e * -2.12194440e-4F;
  return (f + (small - square * 0.5F)) + e * 0.693359375F;
}

}  // namespace pupil::edge
