// SPDX-License-Identifier: Apache-2.0
// AVX-VNNI, which processors for desks and laptops have (Intel since Alder Lake, the small N100 among them, AMD since
// Zen 5), with or without AVX-512: vpdpbusd multiplies four unsigned bytes of a lane with four signed ones and adds all four products to
// it, exactly. The rest is in avx2_block.h.

#include <immintrin.h>
#include <stdint.h>

#include "kernels/avx2_block.h"

namespace pupil::edge::kernels::avx_vnni {

namespace {

struct Quads {
  using Weight = int8_t;
  static constexpr int32_t kGroup = 4;
  // Twelve sums, three values and one vector of weights: all sixteen registers.
  static constexpr int kColumns = 3;

  static __m256i broadcast(const uint8_t* bytes) {
    int32_t quad;
    __builtin_memcpy(&quad, bytes, sizeof(quad));
    return _mm256_set1_epi32(quad);
  }
  static __m256i broadcast(const uint8_t* low, const uint8_t* high) {
    int32_t quads[2];
    __builtin_memcpy(&quads[0], low, sizeof(quads[0]));
    __builtin_memcpy(&quads[1], high, sizeof(quads[1]));
    return _mm256_set_m128i(_mm_set1_epi32(quads[1]), _mm_set1_epi32(quads[0]));
  }
  static __m256i multiply(__m256i sums, __m256i values, __m256i weights) {
    return _mm256_dpbusd_avx_epi32(sums, values, weights);
  }
  static void interleave(const __m256i* rows, __m256i* values) {
    const __m256i low01 = _mm256_unpacklo_epi8(rows[0], rows[1]);
    const __m256i high01 = _mm256_unpackhi_epi8(rows[0], rows[1]);
    const __m256i low23 = _mm256_unpacklo_epi8(rows[2], rows[3]);
    const __m256i high23 = _mm256_unpackhi_epi8(rows[2], rows[3]);
    values[0] = _mm256_unpacklo_epi16(low01, low23);
    values[1] = _mm256_unpackhi_epi16(low01, low23);
    values[2] = _mm256_unpacklo_epi16(high01, high23);
    values[3] = _mm256_unpackhi_epi16(high01, high23);
  }
};

}  // namespace

const Table& table() {
  static constexpr Table kTable = avx2_block::table_of<Quads>("avx_vnni");
  return kTable;
}

}  // namespace pupil::edge::kernels::avx_vnni
