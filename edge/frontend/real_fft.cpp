// SPDX-License-Identifier: Apache-2.0
#include "frontend/real_fft.h"

#include "frontend/frame_steps.h"
#include "frontend/table_math.h"

namespace pupil::edge {
namespace {

using frame::complex_count;
using frame::kFactorNumbers;

// exp(-2 pi i step / steps)
template <typename Real>
void put_factor(std::int64_t step, std::int64_t steps, Real* re, Real* im) noexcept {
  *re = static_cast<Real>(cos_of_turn(step, steps));
  *im = static_cast<Real>(-sin_of_turn(step, steps));
}

// The factors of all n / 4 butterflies of a pass over transforms of n, as six arrays.
template <typename Real>
Real* put_factor_arrays(int n, Real* table) noexcept {
  const int count = n / 4;
  for (int power = 1; power <= 3; ++power, table += 2 * count) {
    for (int p = 0; p < count; ++p) put_factor(p * power, n, table + p, table + count + p);
  }
  return table;
}

}  // namespace

std::int32_t fft_table_size(std::int32_t fft_samples) noexcept {
  const int m = complex_count(fft_samples);
  int size = kFactorNumbers * (m / 4 + m / 16);
  for (int n = m / 16; n >= 4; n /= 4) size += kFactorNumbers * (n / 4 - 1);
  return size + m;
}

std::int32_t fft_work_size(std::int32_t fft_samples) noexcept {
  return 4 * frame::imaginary_offset(complex_count(fft_samples));
}

template <typename Real>
void build_fft_table(std::int32_t fft_samples, Real* table) noexcept {
  const int m = complex_count(fft_samples);
  table = put_factor_arrays(m, table);
  table = put_factor_arrays(m / 4, table);
  for (int n = m / 16; n >= 4; n /= 4) {
    for (int p = 1; p < n / 4; ++p, table += kFactorNumbers) {
      for (int power = 1; power <= 3; ++power)
        put_factor(p * power, n, table + 2 * power - 2, table + 2 * power - 1);
    }
  }
  for (int k = 0; k < m / 2; ++k) put_factor(k, fft_samples, table + k, table + m / 2 + k);
}

template void build_fft_table(std::int32_t, float*) noexcept;
template void build_fft_table(std::int32_t, double*) noexcept;

}  // namespace pupil::edge
