// SPDX-License-Identifier: Apache-2.0
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

inline void store(float* to, F4 lanes) noexcept {
  __builtin_memcpy(to, &lanes, sizeof(lanes));
}

inline F4 splat(float value) noexcept {
  return F4{value, value, value, value};
}

inline I4 bits_of(F4 lanes) noexcept {
  return reinterpret_cast<I4>(lanes);
}
inline F4 floats_of(I4 bits) noexcept {
  return reinterpret_cast<F4>(bits);
}

inline F4 reversed(F4 a) noexcept {
  return __builtin_shufflevector(a, a, 3, 2, 1, 0);
}

/// Lanes 0 and 2 of a, then of b.
inline F4 even_lanes(F4 a, F4 b) noexcept {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6);
}
/// Lanes 1 and 3 of a, then of b.
inline F4 odd_lanes(F4 a, F4 b) noexcept {
  return __builtin_shufflevector(a, b, 1, 3, 5, 7);
}

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

/// Four doubles with the same operations, for the precise front ends; plain loops, which compilers vectorise.
struct D4 {
  double lane[4];
};

template <typename Operation>
inline D4 each_lane(D4 a, D4 b, Operation operation) noexcept {
  D4 result;
  for (int i = 0; i < 4; ++i) result.lane[i] = operation(a.lane[i], b.lane[i]);
  return result;
}

inline D4 operator+(D4 a, D4 b) noexcept {
  return each_lane(a, b, [](double x, double y) { return x + y; });
}
inline D4 operator-(D4 a, D4 b) noexcept {
  return each_lane(a, b, [](double x, double y) { return x - y; });
}
inline D4 operator*(D4 a, D4 b) noexcept {
  return each_lane(a, b, [](double x, double y) { return x * y; });
}
inline D4 operator-(D4 a) noexcept {
  return each_lane(a, a, [](double x, double) { return -x; });
}

inline D4 load(const double* from) noexcept {
  return {from[0], from[1], from[2], from[3]};
}
inline void store(double* to, D4 lanes) noexcept {
  for (int i = 0; i < 4; ++i) to[i] = lanes.lane[i];
}
inline D4 splat(double value) noexcept {
  return {value, value, value, value};
}
inline D4 reversed(D4 a) noexcept {
  return {a.lane[3], a.lane[2], a.lane[1], a.lane[0]};
}
inline D4 even_lanes(D4 a, D4 b) noexcept {
  return {a.lane[0], a.lane[2], b.lane[0], b.lane[2]};
}
inline D4 odd_lanes(D4 a, D4 b) noexcept {
  return {a.lane[1], a.lane[3], b.lane[1], b.lane[3]};
}
inline void transpose(D4& a, D4& b, D4& c, D4& d) noexcept {
  const D4 rows[4] = {a, b, c, d};
  D4* const columns[4] = {&a, &b, &c, &d};
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) columns[i]->lane[j] = rows[j].lane[i];
  }
}

/// The lanes of a number type, and floats read into or written from them.
template <typename Real>
struct LanesOf;
template <>
struct LanesOf<float> {
  using Type = F4;
  static Type from_floats(const float* from) noexcept { return load(from); }
  static void to_floats(float* to, Type lanes) noexcept { store(to, lanes); }
};
template <>
struct LanesOf<double> {
  using Type = D4;
  static Type from_floats(const float* from) noexcept { return {from[0], from[1], from[2], from[3]}; }
  static void to_floats(float* to, Type lanes) noexcept {
    for (int i = 0; i < 4; ++i) to[i] = static_cast<float>(lanes.lane[i]);
  }
};

}  // namespace pupil::edge
