// SPDX-License-Identifier: Apache-2.0
// The frame's even samples become the real and its odd samples the imaginary parts of a complex signal of
// half the length M. Its transform is Stockham's (no bit reversal): passes of radix 4, decimation in
// frequency, from one scratch array to another, a radix-2 pass last where M is no power of 4. A last
// step separates the two interleaved spectra and squares.
//
// 1. Complex arrays are M real parts, then, imaginary_offset() numbers later, M imaginary parts; each has one
//    spare number after it (see unpack_power).
// 2. `work` is two such arrays; the passes go from one to the other in turn, and the first one reads the
//    samples themselves. Both belong to the caller (LogMel) and hold nothing between frames.
// 3. The table, in the order of its use: for the first pass, per four butterflies, six vectors w1r w1i w2r
//    w2i w3r w3i; for each further radix-4 pass, per butterfly but the first, the same six as numbers; for
//    the last step M/8 pairs of vectors cos, sin. A pass with factors returns where the next one's begin.
// 4. Every sum is written in one order, lane by lane, and nothing is contracted: the bits are the same on
//    every machine (lanes.h). A library's transform would be faster on some and different on all.

#include "frontend/real_fft.h"

#include "frontend/lanes.h"
#include "frontend/table_math.h"

namespace pupil::edge {
namespace {

// Numbers of w1, w2 and w3, with which a radix-4 butterfly multiplies three of its outputs.
constexpr int kFactorNumbers = 6;

template <typename Real>
using Lanes = typename LanesOf<Real>::Type;

// Four complex numbers.
template <typename Real>
struct Complex4 {
  Lanes<Real> re;
  Lanes<Real> im;
};

template <typename Real>
inline Complex4<Real> operator+(Complex4<Real> a, Complex4<Real> b) noexcept {
  return {a.re + b.re, a.im + b.im};
}
template <typename Real>
inline Complex4<Real> operator-(Complex4<Real> a, Complex4<Real> b) noexcept {
  return {a.re - b.re, a.im - b.im};
}
template <typename Real>
inline Complex4<Real> operator*(Complex4<Real> a, Complex4<Real> b) noexcept {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <typename Real>
inline Complex4<Real> times_minus_i(Complex4<Real> a) noexcept {
  return {a.im, -a.re};
}

template <typename Real>
inline Complex4<Real> load_complex(const Real* array, int imaginary, int at) noexcept {
  return {load(array + at), load(array + imaginary + at)};
}

template <typename Real>
inline void store_complex(Real* array, int imaginary, int at, Complex4<Real> value) noexcept {
  store(array + at, value.re);
  store(array + imaginary + at, value.im);
}

template <typename Real>
struct Quad {
  Complex4<Real> y0, y1, y2, y3;
};

// The four-point transform: eight additions and no product, since times_minus_i() only renames.
template <typename Real>
inline Quad<Real> butterfly(Complex4<Real> a, Complex4<Real> b, Complex4<Real> c, Complex4<Real> d) noexcept {
  const Complex4<Real> ac = a + c;
  const Complex4<Real> bd = b + d;
  const Complex4<Real> a_c = a - c;
  const Complex4<Real> b_d = times_minus_i(b - d);
  return {ac + bd, a_c + b_d, ac - bd, a_c - b_d};
}

constexpr int complex_count(std::int32_t fft_samples) noexcept {
  return fft_samples / 2;
}
// From the real to the imaginary part of an array: room for the spare element, whole cache lines.
constexpr int imaginary_offset(int m) noexcept {
  return m + 16;
}

// Complex samples at, at + 1, ... at + 3 of the windowed frame.
template <typename Real>
inline Complex4<Real> load_windowed(const float* samples, const Real* window, int at) noexcept {
  const Lanes<Real> low = LanesOf<Real>::from_floats(samples + 2 * at) * load(window + 2 * at);
  const Lanes<Real> high = LanesOf<Real>::from_floats(samples + 2 * at + 4) * load(window + 2 * at + 4);
  return {even_lanes(low, high), odd_lanes(low, high)};
}

// Four neighbouring butterflies at once; their outputs interleave. Returns the rest of the table.
template <typename Real>
const Real* first_pass(int m, const Real* table, const float* samples, const Real* window,
                       Real* out) noexcept {
  const int quarter = m / 4;
  const int imaginary = imaginary_offset(m);
  for (int p = 0; p < quarter; p += 4, table += 4 * kFactorNumbers) {
    Quad<Real> y = butterfly(load_windowed(samples, window, p), load_windowed(samples, window, p + quarter),
                             load_windowed(samples, window, p + 2 * quarter),
                             load_windowed(samples, window, p + 3 * quarter));
    y.y1 = y.y1 * Complex4<Real>{load(table), load(table + 4)};
    y.y2 = y.y2 * Complex4<Real>{load(table + 8), load(table + 12)};
    y.y3 = y.y3 * Complex4<Real>{load(table + 16), load(table + 20)};
    transpose(y.y0.re, y.y1.re, y.y2.re, y.y3.re);
    transpose(y.y0.im, y.y1.im, y.y2.im, y.y3.im);
    store_complex(out, imaginary, 4 * p, y.y0);
    store_complex(out, imaginary, 4 * p + 4, y.y1);
    store_complex(out, imaginary, 4 * p + 8, y.y2);
    store_complex(out, imaginary, 4 * p + 12, y.y3);
  }
  return table;
}

// Butterfly number p of a pass over `stride` interleaved transforms, and its factors.
template <bool kFactors, typename Real>
inline void stride_butterflies(int m, int stride, int p, const Real* factors, const Real* in,
                               Real* out) noexcept {
  const int quarter = m / 4;
  const int imaginary = imaginary_offset(m);
  Complex4<Real> w1{}, w2{}, w3{};
  if constexpr (kFactors) {
    w1 = {splat(factors[0]), splat(factors[1])};
    w2 = {splat(factors[2]), splat(factors[3])};
    w3 = {splat(factors[4]), splat(factors[5])};
  }
  const int from = stride * p;
  const int to = 4 * stride * p;
  for (int q = 0; q < stride; q += 4) {
    Quad<Real> y =
        butterfly(load_complex(in, imaginary, from + q), load_complex(in, imaginary, from + q + quarter),
                  load_complex(in, imaginary, from + q + 2 * quarter),
                  load_complex(in, imaginary, from + q + 3 * quarter));
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

template <typename Real>
const Real* radix4_pass(int m, int stride, const Real* table, const Real* in, Real* out) noexcept {
  const int butterflies = m / (4 * stride);
  stride_butterflies<false>(m, stride, 0, table, in, out);
  for (int p = 1; p < butterflies; ++p, table += kFactorNumbers)
    stride_butterflies<true>(m, stride, p, table, in, out);
  return table;
}

// M is 256, 512 or 1024: 512 is the one that is no power of 4. The last pass has no factors.
template <typename Real>
void radix2_pass(int m, const Real* in, Real* out) noexcept {
  const int imaginary = imaginary_offset(m);
  for (int q = 0; q < m / 2; q += 4) {
    const Complex4<Real> a = load_complex(in, imaginary, q);
    const Complex4<Real> b = load_complex(in, imaginary, q + m / 2);
    store_complex(out, imaginary, q, a + b);
    store_complex(out, imaginary, q + m / 2, a - b);
  }
}

// With Z the transform of the complex signal and C its mirror conj(Z[M - k]), twice the wanted spectrum is
// Z + C - i w^k (Z - C) at k and the conjugate of Z + C + i w^k (Z - C) at M - k. Z[M] means Z[0]: the spare
// element.
template <typename Real>
void unpack_power(int m, const Real* table, Real* z, Real* power) noexcept {
  const int imaginary = imaginary_offset(m);
  z[m] = z[0];
  z[imaginary + m] = z[imaginary];
  for (int k = 0; k < m / 2; k += 4, table += 8) {
    const Complex4<Real> a = load_complex(z, imaginary, k);
    const Complex4<Real> b = load_complex(z, imaginary, m - k - 3);
    const Complex4<Real> mirror{reversed(b.re), -reversed(b.im)};
    const Complex4<Real> even = a + mirror;
    const Complex4<Real> odd = times_minus_i(a - mirror) * Complex4<Real>{load(table), load(table + 4)};
    const Complex4<Real> up = even + odd;
    const Complex4<Real> down = even - odd;
    store(power + k, up.re * up.re + up.im * up.im);
    store(power + m - k - 3, reversed(down.re * down.re + down.im * down.im));
  }
  // The middle bin is its own mirror.
  const Real re = z[m / 2] + z[m / 2];
  const Real im = z[imaginary + m / 2] + z[imaginary + m / 2];
  power[m / 2] = re * re + im * im;
}

// exp(-2 pi i step / steps)
template <typename Real>
void put_factor(std::int64_t step, std::int64_t steps, Real* re, Real* im) noexcept {
  *re = static_cast<Real>(cos_of_turn(step, steps));
  *im = static_cast<Real>(-sin_of_turn(step, steps));
}

}  // namespace

std::int32_t fft_table_size(std::int32_t fft_samples) noexcept {
  const int m = complex_count(fft_samples);
  int size = kFactorNumbers * (m / 4);
  for (int n = m / 4; n >= 4; n /= 4) size += kFactorNumbers * (n / 4 - 1);
  return size + m;
}

std::int32_t fft_work_size(std::int32_t fft_samples) noexcept {
  return 4 * imaginary_offset(complex_count(fft_samples));
}

template <typename Real>
void build_fft_table(std::int32_t fft_samples, Real* table) noexcept {
  const int m = complex_count(fft_samples);
  for (int p = 0; p < m / 4; ++p) {
    Real* block = table + 4 * kFactorNumbers * (p / 4) + p % 4;
    for (int power = 1; power <= 3; ++power)
      put_factor(p * power, m, block + 8 * power - 8, block + 8 * power - 4);
  }
  table += kFactorNumbers * (m / 4);
  for (int n = m / 4; n >= 4; n /= 4) {
    for (int p = 1; p < n / 4; ++p, table += kFactorNumbers) {
      for (int power = 1; power <= 3; ++power)
        put_factor(p * power, n, table + 2 * power - 2, table + 2 * power - 1);
    }
  }
  for (int k = 0; k < m / 2; ++k) {
    Real* block = table + 8 * (k / 4) + k % 4;
    put_factor(k, fft_samples, block, block + 4);
  }
}

template <typename Real>
void power_spectrum(std::int32_t fft_samples, const Real* table, const float* samples, const Real* window,
                    Real* work, Real* power) noexcept {
  const int m = complex_count(fft_samples);
  Real* now = work;
  Real* next = work + 2 * imaginary_offset(m);
  table = first_pass(m, table, samples, window, now);
  for (int stride = 4; stride < m; stride *= 4) {
    if (4 * stride > m) {
      radix2_pass(m, now, next);
    } else {
      table = radix4_pass(m, stride, table, now, next);
    }
    Real* const finished = next;
    next = now;
    now = finished;
  }
  unpack_power(m, table, now, power);
}

template void build_fft_table(std::int32_t, float*) noexcept;
template void build_fft_table(std::int32_t, double*) noexcept;
template void power_spectrum(std::int32_t, const float*, const float*, const float*, float*, float*) noexcept;
template void power_spectrum(std::int32_t, const double*, const float*, const double*, double*,
                             double*) noexcept;

}  // namespace pupil::edge
