// SPDX-License-Identifier: Apache-2.0
// The steps of a frame as templates over V, a number type and how many of it go side by side; one file per
// instruction set (frame_four.cpp, frame_avx2.cpp, frame_avx512.cpp) says what a V does and makes a table of
// the functions. No V changes a result: every operation is one IEEE operation per lane, and what a lane adds
// to what is fixed here.
//
// A V has Real, Vector (with + - *), kLanes (a multiple of four) and kBlocks = kLanes / 4; a block is four
// neighbouring lanes. Its functions are described where they are used.
//
// The transform: a frame's even samples become the real and its odd samples the imaginary parts of a complex
// signal of half the length M. Its transform is Stockham's (no bit reversal): passes of radix 4, decimation
// in frequency, from one scratch array to another, a radix-2 pass last where M is no power of 4. A last step
// separates the two interleaved spectra and squares.
//
// 1. Complex arrays are M real parts, then, imaginary_offset() numbers later, M imaginary parts; each has one
//    spare number after it (see unpack_power).
// 2. `work` is two such arrays; the passes go from one to the other in turn, and the first one reads the
//    samples themselves. Both belong to the caller (LogMel) and hold nothing between frames.
// 3. The table, in the order of its use: for the first two passes w1r w1i w2r w2i w3r w3i, each an array over
//    the butterflies; for each further radix-4 pass, per butterfly but the first, the same six as numbers; for
//    the last step M/2 cosines, M/2 sines. A pass with factors returns where the next one's begin.
// 4. Neighbouring lanes are neighbouring butterflies in the first pass, blocks of butterflies in the second,
//    and outputs of one butterfly from the third on: there the results of 16 butterflies are side by side.
// 5. Everything is in an unnamed namespace: each file has its own copy for its own instruction set, and the
//    linker cannot put one where another is meant.

#pragma once

#include <stdint.h>

#include "frontend/frame.h"

namespace pupil::edge::frame {
namespace {

// ---- The power spectrum --------------------------------------------------------------------------------

// Numbers of w1, w2 and w3, with which a radix-4 butterfly multiplies three of its outputs.
constexpr int kFactorNumbers = 6;

constexpr int complex_count(int32_t fft_samples) {
  return fft_samples / 2;
}
// From the real to the imaginary part of an array: room for the spare element, whole cache lines.
constexpr int imaginary_offset(int m) {
  return m + 16;
}

template <typename V>
struct Complex {
  typename V::Vector re;
  typename V::Vector im;
};

template <typename V>
inline Complex<V> operator+(Complex<V> a, Complex<V> b) {
  return {a.re + b.re, a.im + b.im};
}
template <typename V>
inline Complex<V> operator-(Complex<V> a, Complex<V> b) {
  return {a.re - b.re, a.im - b.im};
}
template <typename V>
inline Complex<V> operator*(Complex<V> a, Complex<V> b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <typename V>
inline Complex<V> times_minus_i(Complex<V> a) {
  return {a.im, -a.re};
}

template <typename V>
inline Complex<V> load_complex(const typename V::Real* array, int imaginary, int at) {
  return {V::load(array + at), V::load(array + imaginary + at)};
}

template <typename V>
inline void store_complex(typename V::Real* array, int imaginary, int at, Complex<V> value) {
  V::store(array + at, value.re);
  V::store(array + imaginary + at, value.im);
}

template <typename V>
struct Quad {
  Complex<V> y0, y1, y2, y3;
};

// The four-point transform: eight additions and no product, since times_minus_i() only renames.
template <typename V>
inline Quad<V> butterfly(Complex<V> a, Complex<V> b, Complex<V> c, Complex<V> d) {
  const Complex<V> ac = a + c;
  const Complex<V> bd = b + d;
  const Complex<V> a_c = a - c;
  const Complex<V> b_d = times_minus_i(b - d);
  return {ac + bd, a_c + b_d, ac - bd, a_c - b_d};
}

template <typename V>
inline Quad<V> load_butterfly(const typename V::Real* array, int imaginary, int at, int quarter) {
  return butterfly(load_complex<V>(array, imaginary, at), load_complex<V>(array, imaginary, at + quarter),
                   load_complex<V>(array, imaginary, at + 2 * quarter),
                   load_complex<V>(array, imaginary, at + 3 * quarter));
}

// Complex samples at, at + 1, ... of the windowed frame. even, odd: every second lane of a, then of b.
template <typename V>
inline Complex<V> load_windowed(const float* samples, const typename V::Real* window, int at) {
  const int next = 2 * at + V::kLanes;
  const typename V::Vector low = V::from_floats(samples + 2 * at) * V::load(window + 2 * at);
  const typename V::Vector high = V::from_floats(samples + next) * V::load(window + next);
  return {V::even(low, high), V::odd(low, high)};
}

// transpose: within each block, lane j of vector i becomes lane i of vector j. Vector i then has in block c
// the outputs of butterfly p + 4 c + i, and is stored as number i, not in Stockham's order: with 8 or 16 lanes
// that would scatter its blocks. The second pass knows.
template <typename V>
const typename V::Real* first_pass(int m, const typename V::Real* table, const float* samples,
                                   const typename V::Real* window, typename V::Real* out) {
  const int quarter = m / 4;
  const int imaginary = imaginary_offset(m);
  for (int p = 0; p < quarter; p += V::kLanes) {
    Quad<V> y =
        butterfly(load_windowed<V>(samples, window, p), load_windowed<V>(samples, window, p + quarter),
                  load_windowed<V>(samples, window, p + 2 * quarter),
                  load_windowed<V>(samples, window, p + 3 * quarter));
    y.y1 = y.y1 * load_complex<V>(table, quarter, p);
    y.y2 = y.y2 * load_complex<V>(table + 2 * quarter, quarter, p);
    y.y3 = y.y3 * load_complex<V>(table + 4 * quarter, quarter, p);
    V::transpose(y.y0.re, y.y1.re, y.y2.re, y.y3.re);
    V::transpose(y.y0.im, y.y1.im, y.y2.im, y.y3.im);
    store_complex(out, imaginary, 4 * p, y.y0);
    store_complex(out, imaginary, 4 * p + V::kLanes, y.y1);
    store_complex(out, imaginary, 4 * p + 2 * V::kLanes, y.y2);
    store_complex(out, imaginary, 4 * p + 3 * V::kLanes, y.y3);
  }
  return table + kFactorNumbers * quarter;
}

// Lane kLane of every block in all lanes of that block.
template <typename V, int kLane>
inline Complex<V> load_spread(const typename V::Real* array, int imaginary, int at) {
  const Complex<V> all = load_complex<V>(array, imaginary, at);
  return {V::template spread<kLane>(all.re), V::template spread<kLane>(all.im)};
}

// Butterflies p + 4 c + kLane of the second pass, c = 0 .. kBlocks - 1; each is four lanes wide, one for each
// output of the first pass. p is a multiple of kLanes. swap_blocks: of kBlocks neighbouring vectors, block c
// of vector i becomes block i of vector c; number r of the result is of butterfly c = r mod kBlocks.
template <typename V, int kLane>
__attribute__((always_inline)) inline void second_pass_butterflies(int m, int p,
                                                                   const typename V::Real* table,
                                                                   const typename V::Real* in,
                                                                   typename V::Real* out) {
  const int imaginary = imaginary_offset(m);
  const int count = m / 16;
  Quad<V> y = load_butterfly<V>(in, imaginary, 4 * p + kLane * V::kLanes, m / 4);
  y.y1 = y.y1 * load_spread<V, kLane>(table, count, p);
  y.y2 = y.y2 * load_spread<V, kLane>(table + 2 * count, count, p);
  y.y3 = y.y3 * load_spread<V, kLane>(table + 4 * count, count, p);
  V::swap_blocks(y.y0.re, y.y1.re, y.y2.re, y.y3.re);
  V::swap_blocks(y.y0.im, y.y1.im, y.y2.im, y.y3.im);
  const auto place = [&](int r) {
    return 16 * (p + 4 * (r % V::kBlocks) + kLane) + V::kLanes * (r / V::kBlocks);
  };
  store_complex(out, imaginary, place(0), y.y0);
  store_complex(out, imaginary, place(1), y.y1);
  store_complex(out, imaginary, place(2), y.y2);
  store_complex(out, imaginary, place(3), y.y3);
}

template <typename V>
const typename V::Real* second_pass(int m, const typename V::Real* table, const typename V::Real* in,
                                    typename V::Real* out) {
  for (int p = 0; p < m / 16; p += V::kLanes) {
    second_pass_butterflies<V, 0>(m, p, table, in, out);
    second_pass_butterflies<V, 1>(m, p, table, in, out);
    second_pass_butterflies<V, 2>(m, p, table, in, out);
    second_pass_butterflies<V, 3>(m, p, table, in, out);
  }
  return table + kFactorNumbers * (m / 16);
}

// Butterfly number p of a pass over `stride` interleaved transforms, and its factors.
template <typename V, bool kFactors>
__attribute__((always_inline)) inline void stride_butterflies(int m, int stride, int p,
                                                              const typename V::Real* factors,
                                                              const typename V::Real* in,
                                                              typename V::Real* out) {
  const int quarter = m / 4;
  const int imaginary = imaginary_offset(m);
  Complex<V> w1{}, w2{}, w3{};
  if constexpr (kFactors) {
    w1 = {V::splat(factors[0]), V::splat(factors[1])};
    w2 = {V::splat(factors[2]), V::splat(factors[3])};
    w3 = {V::splat(factors[4]), V::splat(factors[5])};
  }
  const int from = stride * p;
  const int to = 4 * stride * p;
  for (int q = 0; q < stride; q += V::kLanes) {
    Quad<V> y = load_butterfly<V>(in, imaginary, from + q, quarter);
    if constexpr (kFactors) {
      y.y1 = y.y1 * w1;
      y.y2 = y.y2 * w2;
      y.y3 = y.y3 * w3;
    }
    store_complex(out, imaginary, to + q, y.y0);
    store_complex(out, imaginary, to + q + stride, y.y1);
    store_complex(out, imaginary, to + q + 2 * stride, y.y2);
    store_complex(out, imaginary, to + q + 3 * stride, y.y3);
  }
}

template <typename V>
const typename V::Real* radix4_pass(int m, int stride, const typename V::Real* table,
                                    const typename V::Real* in, typename V::Real* out) {
  const int butterflies = m / (4 * stride);
  stride_butterflies<V, false>(m, stride, 0, table, in, out);
  for (int p = 1; p < butterflies; ++p, table += kFactorNumbers)
    stride_butterflies<V, true>(m, stride, p, table, in, out);
  return table;
}

// M is 256, 512 or 1024: 512 is the one that is no power of 4. The last pass has no factors.
template <typename V>
void radix2_pass(int m, const typename V::Real* in, typename V::Real* out) {
  const int imaginary = imaginary_offset(m);
  for (int q = 0; q < m / 2; q += V::kLanes) {
    const Complex<V> a = load_complex<V>(in, imaginary, q);
    const Complex<V> b = load_complex<V>(in, imaginary, q + m / 2);
    store_complex(out, imaginary, q, a + b);
    store_complex(out, imaginary, q + m / 2, a - b);
  }
}

// With Z the transform of the complex signal and C its mirror conj(Z[M - k]), twice the wanted spectrum is
// Z + C - i w^k (Z - C) at k and the conjugate of Z + C + i w^k (Z - C) at M - k. Z[M] means Z[0]: the spare
// element.
template <typename V>
void unpack_power(int m, const typename V::Real* table, typename V::Real* z, typename V::Real* power) {
  using Real = typename V::Real;
  const int imaginary = imaginary_offset(m);
  z[m] = z[0];
  z[imaginary + m] = z[imaginary];
  for (int k = 0; k < m / 2; k += V::kLanes) {
    const int mirrored = m - k - (V::kLanes - 1);
    const Complex<V> a = load_complex<V>(z, imaginary, k);
    const Complex<V> b = load_complex<V>(z, imaginary, mirrored);
    const Complex<V> mirror{V::reversed(b.re), -V::reversed(b.im)};
    const Complex<V> even = a + mirror;
    const Complex<V> odd = times_minus_i(a - mirror) * load_complex<V>(table, m / 2, k);
    const Complex<V> up = even + odd;
    const Complex<V> down = even - odd;
    V::store(power + k, up.re * up.re + up.im * up.im);
    V::store(power + mirrored, V::reversed(down.re * down.re + down.im * down.im));
  }
  // The middle bin is its own mirror.
  const Real re = z[m / 2] + z[m / 2];
  const Real im = z[imaginary + m / 2] + z[imaginary + m / 2];
  power[m / 2] = re * re + im * im;
}

template <typename V>
void power_spectrum_of(const SpectrumCall<typename V::Real>& call) {
  using Real = typename V::Real;
  const int m = complex_count(call.fft_samples);
  Real* now = call.work;
  Real* next = call.work + 2 * imaginary_offset(m);
  const auto exchange = [&] {
    Real* const finished = next;
    next = now;
    now = finished;
  };
  const Real* table = first_pass<V>(m, call.table, call.samples, call.window, now);
  table = second_pass<V>(m, table, now, next);
  exchange();
  for (int stride = 16; stride < m; stride *= 4, exchange()) {
    if (4 * stride > m) {
      radix2_pass<V>(m, now, next);
    } else {
      table = radix4_pass<V>(m, stride, table, now, next);
    }
  }
  unpack_power<V>(m, table, now, call.power);
}

// ---- Mel -----------------------------------------------------------------------------------------------
//
// A block adds up one triangle, so kBlocks triangles go side by side (mel_bank.h); where one has fewer bins
// than its neighbours, its lanes add products with weights of 0, which changes no bit of a sum that is not
// negative.

template <typename V>
void mel_power_of(const MelCall<typename V::Real>& call) {
  using Real = typename V::Real;
  const int32_t* group = call.groups;
  const Real* weight = call.weights;
  for (int32_t i = 0; i < call.mel_count; i += V::kLanes) {
    typename V::Vector sums[4];
#pragma GCC unroll 4
    for (auto& sum : sums) {
      const Real* from[V::kBlocks];
      for (int b = 0; b < V::kBlocks; ++b) from[b] = call.power + group[b];
      const int32_t vectors = group[V::kBlocks];
      sum = V::splat(Real{0});
      for (int32_t v = 0; v < vectors; ++v, weight += V::kLanes) {
        sum = sum + V::load(weight) * V::load_blocks(from, 4 * v);
      }
      group += V::kBlocks + 1;
    }
    V::transpose(sums[0], sums[1], sums[2], sums[3]);
    // Lane g of block b is of triangle b of group g.
    V::to_floats(call.mel + i, V::blocks_to_lanes((sums[0] + sums[1]) + (sums[2] + sums[3])));
  }
}

// ---- Logarithm: a polynomial of our own, because every C library has a different one -------------------

/// ln(1 + f) = f - f^2 / 2 + f^3 p(f) for m = 1 + f below. p is the polynomial of degree 7 with the smallest
/// largest error, highest power first.
constexpr float kLnPolynomial[] = {-0.07634498178958893F, 0.1276157796382904F,   -0.13160182535648346F,
                                   0.14201757311820984F,  -0.16623356938362122F, 0.20001226663589478F,
                                   -0.2500081956386566F,  0.3333333134651184F};
/// ln 2 in two pieces; the first has nine bits, so that an exponent times it is exact.
constexpr float kLn2High = 0.693359375F;
constexpr float kLn2Low = -2.12194440e-4F;
/// The bits of sqrt(1/2).
constexpr int32_t kSqrtHalfBits = 0x3f3504f3;

/// ln of positive, normal, finite floats. The largest error over all of them is 0.86 units in the last place
/// (docs/frontend.md); frame_log_test.cpp holds it below 0.9.
template <typename V>
inline typename V::Vector ln(typename V::Vector x) {
  using Vector = typename V::Vector;
  using Integers = typename V::Integers;
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)).
  const Integers bits = reinterpret_cast<Integers>(x);
  const Integers exponent = (bits - kSqrtHalfBits) >> 23;
  const Vector f = reinterpret_cast<Vector>(bits - exponent * (1 << 23)) - V::splat(1.0F);
  const Vector e = __builtin_convertvector(exponent, Vector);
  Vector p = V::splat(kLnPolynomial[0]);
  for (int i = 1; i < 8; ++i) p = p * f + V::splat(kLnPolynomial[i]);
  const Vector square = f * f;
  const Vector small = square * f * p + e * V::splat(kLn2Low);
  return (f + (small - square * V::splat(0.5F))) + e * V::splat(kLn2High);
}

template <typename V>
inline typename V::Vector floored_log(typename V::Vector power, const LogCall& call) {
  const typename V::Vector floor = V::splat(call.floor);
  power = call.add_floor ? power + floor : (power > floor ? power : floor);
  return call.logarithm ? ln<V>(power) * V::splat(call.scale) : power;
}

template <typename V>
void log_of(const LogCall& call) {
  int32_t i = 0;
  for (; i + V::kLanes <= call.count; i += V::kLanes)
    V::store(call.frame + i, floored_log<V>(V::load(call.power + i), call));
  if (i == call.count) return;
  V::store(call.power + i, floored_log<V>(V::load(call.power + i), call));
  for (; i < call.count; ++i) call.frame[i] = call.power[i];
}

}  // namespace
}  // namespace pupil::edge::frame
