// SPDX-License-Identifier: Apache-2.0
// Compiled with AVX512-FP16 (see CMakeLists.txt); includes nothing that could put such code elsewhere.

#include <immintrin.h>
#include <stdint.h>

#include "nn/half_linear.h"

namespace pupil::nn {
namespace {

constexpr int kRows = 8;            // of the micro kernel
constexpr int64_t kSubRows = 32;    // whose sums stay in the first-level cache
constexpr int64_t kRowBlock = 256;  // whose factors stay in the second-level cache
constexpr int64_t kChunk = 96;      // factors summed in half precision, in two chains

inline __m256i to_half(__m512 x) {
  return _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
}

// x Phi(x), where Phi(x) - 1/2 = x P(x^2) by Chebyshev interpolation on |x| <= sqrt(18).
inline __m512 gelu(__m512 x) {
  const __m512 limit = _mm512_set1_ps(4.2426405f);
  const __m512 c = _mm512_min_ps(_mm512_max_ps(x, _mm512_sub_ps(_mm512_setzero_ps(), limit)), limit);
  const __m512 t = _mm512_mul_ps(c, c);
  static const float kP[] = {3.98941041e-1f,  -6.64764196e-2f, 9.94733442e-3f, -1.16781285e-3f,
                             1.07856482e-4f,  -7.68859627e-6f, 4.03261652e-7f, -1.44172700e-8f,
                             3.09596210e-10f, -2.98452474e-12f};
  __m512 p = _mm512_set1_ps(kP[9]);
  for (int i = 8; i >= 0; --i) p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(kP[i]));
  return _mm512_mul_ps(x, _mm512_fmadd_ps(c, p, _mm512_set1_ps(0.5f)));
}

// Weights are fetched so far ahead: a chunk of a panel of 48.
constexpr int64_t kAheadHalves = kChunk * 48;

// acc[R][16 V] += x[R][count] w[count][16 V]. A 32-bit broadcast brings two factors of a row; even and odd
// factors add up in neighbouring lanes, which are joined at the end.
template <int R, int V, bool kFetch>
inline void micro(const uint16_t* x, int64_t x_stride, const uint16_t* w, int64_t count, float* acc) {
  __m512h sum[R][V];
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) sum[r][v] = _mm512_setzero_ph();
  }
  for (int64_t k = 0; k < count; k += 2) {
    __m512h factor[V];
    for (int v = 0; v < V; ++v) {
      factor[v] = _mm512_loadu_ph(w + k * 16 * V + 32 * v);
      if (kFetch) _mm_prefetch((const char*)(w + k * 16 * V + 32 * v + kAheadHalves), _MM_HINT_T0);
    }
    for (int r = 0; r < R; ++r) {
      int pair;
      __builtin_memcpy(&pair, x + r * x_stride + k, sizeof pair);
      const __m512h value = _mm512_castsi512_ph(_mm512_set1_epi32(pair));
      for (int v = 0; v < V; ++v) sum[r][v] = _mm512_fmadd_ph(value, factor[v], sum[r][v]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) {
      float* at = acc + (r * V + v) * 16;
      const __m512i bits = _mm512_castph_si512(sum[r][v]);
      const __m512 even = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(bits));
      const __m512 odd = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(bits, 16)));
      _mm512_store_ps(at, _mm512_add_ps(_mm512_load_ps(at), _mm512_add_ps(even, odd)));
    }
  }
}

// One row of sums to its place; `count` columns of it exist.
inline void put_row(const float* sums, int64_t count, HalfOutput output, void* y, int64_t offset) {
  for (int64_t c = 0; c < count; c += 16) {
    const int64_t left = count - c;
    const __mmask16 mask = left >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << left) - 1);
    __m512 sum = _mm512_load_ps(sums + c);
    float* f32 = (float*)y + offset + c;
    uint16_t* half = (uint16_t*)y + offset + c;
    switch (output) {
      case HalfOutput::store_f32: _mm512_mask_storeu_ps(f32, mask, sum); break;
      case HalfOutput::add_f32:
        _mm512_mask_storeu_ps(f32, mask, _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, f32)));
        break;
      case HalfOutput::gelu_half: _mm256_mask_storeu_epi16(half, mask, to_half(gelu(sum))); break;
      case HalfOutput::store_half: _mm256_mask_storeu_epi16(half, mask, to_half(sum)); break;
    }
  }
}

template <int V>
void run(const uint16_t* x, const uint16_t* packed, const float* bias, HalfLinearShape shape,
         int64_t first_row, int64_t last_row, int64_t panel, HalfOutput output, void* y) {
  constexpr int64_t kPanel = 16 * V;
  alignas(64) float acc[kSubRows * kPanel];
  alignas(64) float start[kPanel] = {};
  const uint16_t* w = packed + panel * shape.in * kPanel;
  const int64_t column = panel * kPanel;
  const int64_t columns = shape.out - column < kPanel ? shape.out - column : kPanel;
  for (int64_t c = 0; c < columns && bias != nullptr; ++c) start[c] = bias[column + c];
  for (int64_t sub = first_row; sub < last_row; sub += kSubRows) {
    const int64_t rows = last_row - sub < kSubRows ? last_row - sub : kSubRows;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < kPanel; c += 16)
        _mm512_store_ps(acc + r * kPanel + c, _mm512_load_ps(start + c));
    }
    for (int64_t k = 0; k < shape.in; k += kChunk) {
      const int64_t count = shape.in - k < kChunk ? shape.in - k : kChunk;
      int64_t r = 0;
      for (; r + kRows <= rows; r += kRows) {
        const auto kernel = r == 0 ? micro<kRows, V, true> : micro<kRows, V, false>;
        kernel(x + (sub + r) * shape.in + k, shape.in, w + k * kPanel, count, acc + r * kPanel);
      }
      for (; r < rows; ++r)
        micro<1, V, false>(x + (sub + r) * shape.in + k, shape.in, w + k * kPanel, count, acc + r * kPanel);
    }
    for (int64_t r = 0; r < rows; ++r)
      put_row(acc + r * kPanel, columns, output, y, (sub + r) * shape.out + column);
  }
}

}  // namespace

bool has_half_linear() {
  return __builtin_cpu_supports("avx512fp16") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw");
}

void pack_half_weights(const float* weight, HalfLinearShape shape, uint16_t* packed) {
  const int64_t panel = half_panel(shape.out);
  for (int64_t column = 0; column < half_panel_count(shape.out) * panel; ++column) {
    uint16_t* to = packed + column / panel * panel * shape.in + column % panel * 2;
    for (int64_t k = 0; k < shape.in; ++k) {
      const float value = column < shape.out ? weight[column * shape.in + k] : 0.0f;
      to[k / 2 * 2 * panel + k % 2] = _cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT);
    }
  }
}

void half_linear(const uint16_t* x, const uint16_t* packed, const float* bias, HalfLinearShape shape,
                 int64_t first_row, int64_t last_row, int64_t first_panel, int64_t last_panel,
                 HalfOutput output, void* y) {
  for (int64_t row = first_row; row < last_row; row += kRowBlock) {
    const int64_t end = last_row - row < kRowBlock ? last_row : row + kRowBlock;
    for (int64_t panel = first_panel; panel < last_panel; ++panel) {
      if (half_panel(shape.out) == 48)
        run<3>(x, packed, bias, shape, row, end, panel, output, y);
      else
        run<2>(x, packed, bias, shape, row, end, panel, output, y);
    }
  }
}

}  // namespace pupil::nn
