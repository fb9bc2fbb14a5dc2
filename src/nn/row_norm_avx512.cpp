// SPDX-License-Identifier: Apache-2.0
// Compiled with AVX-512 (see CMakeLists.txt); includes nothing that could put such code elsewhere.

#include <immintrin.h>
#include <stdint.h>

#include "nn/row_norm.h"

namespace pupil::nn {
namespace {

// The lanes of the 16 from `at` on that exist.
inline __mmask16 lanes(int64_t columns, int64_t at) {
  const int64_t left = columns - at;
  return left >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << left) - 1);
}

// To bfloat16, nearest even. (Values here are finite, or the result is of no use anyway.)
inline __m256i to_bf16(__m512 x) {
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
}

inline void put(void* y, int64_t at, __mmask16 mask, __m512 value, RowType type) {
  if (type == RowType::f32) {
    _mm512_mask_storeu_ps((float*)y + at, mask, value);
  } else if (type == RowType::half) {
    _mm256_mask_storeu_epi16((uint16_t*)y + at, mask, _mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT));
  } else {
    _mm256_mask_storeu_epi16((uint16_t*)y + at, mask, to_bf16(value));
  }
}

}  // namespace

bool has_row_norm() {
  return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}

void row_norm(const float* x, int64_t rows, int64_t columns, const float* weight, const float* bias,
              float eps, RowType type, void* y) {
  const float share = 1.0f / (float)columns;
  for (int64_t r = 0; r < rows; ++r, x += columns) {
    __m512 sum = _mm512_setzero_ps();
    for (int64_t c = 0; c < columns; c += 16) {
      sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(lanes(columns, c), x + c));
    }
    const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) * share);
    __m512 squares = _mm512_setzero_ps();
    for (int64_t c = 0; c < columns; c += 16) {
      const __mmask16 mask = lanes(columns, c);
      const __m512 d = _mm512_maskz_sub_ps(mask, _mm512_maskz_loadu_ps(mask, x + c), mean);
      squares = _mm512_fmadd_ps(d, d, squares);
    }
    const __m512 variance = _mm512_set1_ps(_mm512_reduce_add_ps(squares) * share + eps);
    const __m512 scale = _mm512_div_ps(_mm512_set1_ps(1.0f), _mm512_sqrt_ps(variance));
    for (int64_t c = 0; c < columns; c += 16) {
      const __mmask16 mask = lanes(columns, c);
      const __m512 d = _mm512_mul_ps(_mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + c), mean), scale);
      const __m512 value =
          _mm512_fmadd_ps(d, _mm512_maskz_loadu_ps(mask, weight + c), _mm512_maskz_loadu_ps(mask, bias + c));
      put(y, r * columns + c, mask, value, type);
    }
  }
}

}  // namespace pupil::nn
