// Four floats side by side, through the compilers' vector extension: SSE2, NEON and WebAssembly registers,
// or plain floats where there are none. Every operation works lane by lane and is one IEEE operation per
// lane, so the bits do not depend on which instructions are chosen.

#pragma once

#include <cstdint>

namespace pupil::edge {

using F4 = float __attribute__((vector_size(16)));
using I4 = std::int32_t __attribute__((vector_size(16)));

inline F4 load(const float* from) noexcept {
  F4 lanes;
  __builtin_memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

inline void store(float* to, F4 lanes) noexcept { __builtin_memcpy(to, &lanes, sizeof(lanes)); }

inline F4 splat(float value) noexcept { return F4{value, value, value, value}; }

inline I4 bits_of(F4 lanes) noexcept { return reinterpret_cast<I4>(lanes); }
inline F4 floats_of(I4 bits) noexcept { return reinterpret_cast<F4>(bits); }

inline F4 reversed(F4 a) noexcept { return __builtin_shufflevector(a, a, 3, 2, 1, 0); }

/// Lanes 0 and 2 of a, then of b.
inline F4 even_lanes(F4 a, F4 b) noexcept { return __builtin_shufflevector(a, b, 0, 2, 4, 6); }
/// Lanes 1 and 3 of a, then of b.
inline F4 odd_lanes(F4 a, F4 b) noexcept { return __builtin_shufflevector(a, b, 1, 3, 5, 7); }

/// Rows become columns.
inline void transpose(F4& a, F4& b, F4& c, F4& d) noexcept {
  const F4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const F4 ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const F4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const F4 cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

}  // namespace pupil::edge
