// SPDX-License-Identifier: Apache-2.0
// Four numbers side by side: floats through the compilers' vector extension (SSE2, NEON and WebAssembly
// registers, or plain floats where there are none), doubles as plain loops, which compilers vectorise.

#include "frontend/frame_steps.h"

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)
#error "Helium's floats take denormals for zero: other bits. Compile with -mcpu=cortex-m55+nomve.fp (or m85)."
#endif

namespace pupil::edge::frame::four {
namespace {

struct Floats {
  using Real = float;
  using Vector = float __attribute__((vector_size(16)));
  using Integers = int32_t __attribute__((vector_size(16)));
  static constexpr int kLanes = 4;
  static constexpr int kBlocks = 1;

  static Vector load(const float* from) {
    Vector lanes;
    __builtin_memcpy(&lanes, from, sizeof(lanes));
    return lanes;
  }
  static void store(float* to, Vector lanes) { __builtin_memcpy(to, &lanes, sizeof(lanes)); }
  static Vector splat(float value) { return Vector{value, value, value, value}; }
  static Vector from_floats(const float* from) { return load(from); }
  static void to_floats(float* to, Vector lanes) { store(to, lanes); }
  static Vector even(Vector a, Vector b) { return __builtin_shufflevector(a, b, 0, 2, 4, 6); }
  static Vector odd(Vector a, Vector b) { return __builtin_shufflevector(a, b, 1, 3, 5, 7); }
  static Vector reversed(Vector a) { return __builtin_shufflevector(a, a, 3, 2, 1, 0); }
  template <int kLane>
  static Vector spread(Vector a) {
    return __builtin_shufflevector(a, a, kLane, kLane, kLane, kLane);
  }
  static void transpose(Vector& a, Vector& b, Vector& c, Vector& d) {
    const Vector ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const Vector ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Vector cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const Vector cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
  }
  // There is one block.
  static void swap_blocks(Vector&, Vector&, Vector&, Vector&) {}
  static Vector load_blocks(const float* const* from, int at) { return load(from[0] + at); }
  static Vector blocks_to_lanes(Vector a) { return a; }
};

struct FourDoubles {
  double lane[4];
};

template <typename Operation>
inline FourDoubles each_lane(FourDoubles a, FourDoubles b, Operation operation) {
  FourDoubles result;
  for (int i = 0; i < 4; ++i) result.lane[i] = operation(a.lane[i], b.lane[i]);
  return result;
}

inline FourDoubles operator+(FourDoubles a, FourDoubles b) {
  return each_lane(a, b, [](double x, double y) { return x + y; });
}
inline FourDoubles operator-(FourDoubles a, FourDoubles b) {
  return each_lane(a, b, [](double x, double y) { return x - y; });
}
inline FourDoubles operator*(FourDoubles a, FourDoubles b) {
  return each_lane(a, b, [](double x, double y) { return x * y; });
}
inline FourDoubles operator-(FourDoubles a) {
  return each_lane(a, a, [](double x, double) { return -x; });
}

struct Doubles {
  using Real = double;
  using Vector = FourDoubles;
  static constexpr int kLanes = 4;
  static constexpr int kBlocks = 1;

  static Vector load(const double* from) { return {from[0], from[1], from[2], from[3]}; }
  static void store(double* to, Vector lanes) {
    for (int i = 0; i < 4; ++i) to[i] = lanes.lane[i];
  }
  static Vector splat(double value) { return {value, value, value, value}; }
  static Vector from_floats(const float* from) { return {from[0], from[1], from[2], from[3]}; }
  static void to_floats(float* to, Vector lanes) {
    for (int i = 0; i < 4; ++i) to[i] = static_cast<float>(lanes.lane[i]);
  }
  static Vector even(Vector a, Vector b) { return {a.lane[0], a.lane[2], b.lane[0], b.lane[2]}; }
  static Vector odd(Vector a, Vector b) { return {a.lane[1], a.lane[3], b.lane[1], b.lane[3]}; }
  static Vector reversed(Vector a) { return {a.lane[3], a.lane[2], a.lane[1], a.lane[0]}; }
  template <int kLane>
  static Vector spread(Vector a) {
    return splat(a.lane[kLane]);
  }
  static void transpose(Vector& a, Vector& b, Vector& c, Vector& d) {
    const Vector rows[4] = {a, b, c, d};
    Vector* const columns[4] = {&a, &b, &c, &d};
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) columns[i]->lane[j] = rows[j].lane[i];
    }
  }
  static void swap_blocks(Vector&, Vector&, Vector&, Vector&) {}
  static Vector load_blocks(const double* const* from, int at) { return load(from[0] + at); }
  static Vector blocks_to_lanes(Vector a) { return a; }
};

}  // namespace

void power_spectrum(const SpectrumCall<double>& call) {
  power_spectrum_of<Doubles>(call);
}
void mel_power(const MelCall<double>& call) {
  mel_power_of<Doubles>(call);
}

const Table& table() {
  static constexpr Table kTable = {
      .name = "four",
      .single = {Floats::kBlocks, power_spectrum_of<Floats>, mel_power_of<Floats>},
      .high = {Doubles::kBlocks, power_spectrum, mel_power},
      .log = log_of<Floats>,
  };
  return kTable;
}

}  // namespace pupil::edge::frame::four
