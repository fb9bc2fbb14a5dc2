// SPDX-License-Identifier: Apache-2.0
// One head of one attention window: 64 queries, 64 keys, 64 values. Compiled with AVX-512 (see CMakeLists.txt); includes
// nothing that could put such code elsewhere.
//
// Keys are gathered transposed, [channels][64]: the scores of one query against all keys are four registers of 16 lanes,
// so softmax needs no shuffles. Values are gathered as rows. Four queries share every load of a key or a value; their
// accumulators (16 for scores, 4 V for the mix) fill the register file without spilling.
// The sums of the softmax divide the mixed values, not the 64 weights.

#include <immintrin.h>
#include <stdint.h>

#include "teacher/window_kernel.h"

namespace pupil::teacher {
namespace {

constexpr int64_t kN = kWindowPatches;
constexpr int kRows = 4;  // queries at once
constexpr int64_t kMaxChannels = 64;

// The lanes of the 16 from `at` on that exist.
inline __mmask16 lanes(int64_t count, int64_t at) {
  const int64_t left = count - at;
  if (left >= 16) return (__mmask16)0xffff;
  return left <= 0 ? (__mmask16)0 : (__mmask16)((1u << left) - 1);
}

// e^x for x <= 0, within 2 units in the last place, and 0 below -87, where it would be a denormal number (what
// the mask leaves is, and each use of one takes 150 cycles): 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2].
inline __m512 exp_negative(__m512 x) {
  const __m512 n =
      _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
  __m512 p = _mm512_set1_ps(1.9875691500e-4f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.3981999507e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(8.3334519073e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(4.1665795894e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.6666665459e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.0000001201e-1f));
  p = _mm512_fmadd_ps(_mm512_mul_ps(r, r), p, _mm512_add_ps(r, _mm512_set1_ps(1.0f)));
  const __mmask16 normal = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.0f), _CMP_GT_OQ);
  return _mm512_maskz_scalef_ps(normal, p, n);
}

// Keys as [channels][64], values as [64][V * 16] with zeros behind the channels.
template <int V>
void gather(const WindowHead& head, float* keys, float* values) {
  for (int64_t j = 0; j < kN; j += 4) {
    const float* row[4];
    for (int i = 0; i < 4; ++i) row[i] = head.key + head.patches[j + i] * head.stride;
    for (int64_t c = 0; c < head.channels; c += 4) {
      __m128 a = _mm_loadu_ps(row[0] + c), b = _mm_loadu_ps(row[1] + c);
      __m128 d = _mm_loadu_ps(row[2] + c), e = _mm_loadu_ps(row[3] + c);
      _MM_TRANSPOSE4_PS(a, b, d, e);
      _mm_store_ps(keys + c * kN + j, a);
      _mm_store_ps(keys + (c + 1) * kN + j, b);
      _mm_store_ps(keys + (c + 2) * kN + j, d);
      _mm_store_ps(keys + (c + 3) * kN + j, e);
    }
  }
  for (int64_t j = 0; j < kN; ++j) {
    const float* row = head.value + head.patches[j] * head.stride;
    for (int v = 0; v < V; ++v) {
      _mm512_store_ps(values + (j * V + v) * 16,
                      _mm512_maskz_loadu_ps(lanes(head.channels, 16 * v), row + 16 * v));
    }
  }
}

// Softmax weights of kRows queries from `first` on, not yet divided by their sums.
inline void weigh(const WindowHead& head, int64_t first, const float* keys, float* weights, float* sums) {
  __m512 score[kRows][4];
  const float* query[kRows];
  for (int r = 0; r < kRows; ++r) {
    query[r] = head.query + head.patches[first + r] * head.stride;
    for (int v = 0; v < 4; ++v) score[r][v] = _mm512_setzero_ps();
  }
  for (int64_t c = 0; c < head.channels; ++c) {
    for (int v = 0; v < 4; ++v) {
      const __m512 key = _mm512_load_ps(keys + c * kN + 16 * v);
      for (int r = 0; r < kRows; ++r)
        score[r][v] = _mm512_fmadd_ps(_mm512_set1_ps(query[r][c]), key, score[r][v]);
    }
  }
  const __m512 scale = _mm512_set1_ps(head.scale);
  for (int r = 0; r < kRows; ++r) {
    const int64_t at = (first + r) * kN;
    for (int v = 0; v < 4; ++v) {
      score[r][v] = _mm512_fmadd_ps(score[r][v], scale, _mm512_loadu_ps(head.bias + at + 16 * v));
      if (head.mask != nullptr)
        score[r][v] = _mm512_add_ps(score[r][v], _mm512_loadu_ps(head.mask + at + 16 * v));
    }
    const __m512 largest =
        _mm512_max_ps(_mm512_max_ps(score[r][0], score[r][1]), _mm512_max_ps(score[r][2], score[r][3]));
    const __m512 top = _mm512_set1_ps(_mm512_reduce_max_ps(largest));
    __m512 sum = _mm512_setzero_ps();
    for (int v = 0; v < 4; ++v) {
      const __m512 weight = exp_negative(_mm512_sub_ps(score[r][v], top));
      sum = _mm512_add_ps(sum, weight);
      _mm512_store_ps(weights + r * kN + 16 * v, weight);
    }
    sums[r] = _mm512_reduce_add_ps(sum);
  }
}

inline void put(const WindowHead& head, int64_t patch, int64_t c, __m512 value) {
  const __mmask16 mask = lanes(head.channels, c);
  const int64_t at = patch * head.mixed_stride + c;
  if (head.type == nn::RowType::f32) {
    _mm512_mask_storeu_ps((float*)head.mixed + at, mask, value);
  } else if (head.type == nn::RowType::half) {
    _mm256_mask_storeu_epi16((uint16_t*)head.mixed + at, mask,
                             _mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT));
  } else {
    const __m512i bits = _mm512_castps_si512(value);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    _mm256_mask_storeu_epi16((uint16_t*)head.mixed + at, mask,
                             _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
  }
}

// Values mixed by the weights of kRows queries.
template <int V>
inline void mix(const WindowHead& head, int64_t first, const float* weights, const float* sums,
                const float* values) {
  __m512 mixed[kRows][V];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < V; ++v) mixed[r][v] = _mm512_setzero_ps();
  }
  for (int64_t j = 0; j < kN; ++j) {
    for (int v = 0; v < V; ++v) {
      const __m512 value = _mm512_load_ps(values + (j * V + v) * 16);
      for (int r = 0; r < kRows; ++r) {
        mixed[r][v] = _mm512_fmadd_ps(_mm512_set1_ps(weights[r * kN + j]), value, mixed[r][v]);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    const __m512 share = _mm512_set1_ps(1.0f / sums[r]);
    for (int v = 0; v < V; ++v) put(head, head.patches[first + r], 16 * v, _mm512_mul_ps(mixed[r][v], share));
  }
}

template <int V>
void run(const WindowHead& head) {
  alignas(64) float keys[kMaxChannels * kN];
  alignas(64) float values[kN * V * 16];
  alignas(64) float weights[kRows * kN];
  float sums[kRows];
  gather<V>(head, keys, values);
  for (int64_t first = 0; first < kN; first += kRows) {
    weigh(head, first, keys, weights, sums);
    mix<V>(head, first, weights, sums, values);
  }
}

}  // namespace

bool has_window_kernel(int64_t head_channels) {
  return head_channels % 4 == 0 && head_channels <= kMaxChannels && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

void window_head(const WindowHead& head) {
  if (head.channels <= 16)
    run<1>(head);
  else if (head.channels <= 32)
    run<2>(head);
  else
    run<4>(head);
}

}  // namespace pupil::teacher
