// SPDX-License-Identifier: Apache-2.0
// AVX2: products of 16-bit values, two at a time (vpmaddwd), which no input can overflow. The byte version
// (vpmaddubsw) does twice as many but saturates its sums at 16 bits, so it could not equal the reference.
// Weights are widened when packed, activations on the way in. The rest is in avx2_block.h.

#include <immintrin.h>
#include <stdint.h>

#include "kernels/avx2_block.h"

namespace pupil::edge::kernels::avx2 {

namespace {

struct Pairs {
  using Weight = int16_t;
  static constexpr int32_t kGroup = 2;
  static constexpr int kColumns = 2;

  static __m256i broadcast(const uint8_t* bytes) {
    int16_t pair;
    __builtin_memcpy(&pair, bytes, sizeof(pair));
    return _mm256_cvtepu8_epi16(_mm_set1_epi16(pair));
  }
  static __m256i broadcast(const uint8_t* low, const uint8_t* high) {
    int16_t pairs[2];
    __builtin_memcpy(&pairs[0], low, sizeof(pairs[0]));
    __builtin_memcpy(&pairs[1], high, sizeof(pairs[1]));
    return _mm256_set_m128i(_mm_cvtepu8_epi16(_mm_set1_epi16(pairs[1])),
                            _mm_cvtepu8_epi16(_mm_set1_epi16(pairs[0])));
  }
  static __m256i multiply(__m256i sums, __m256i values, __m256i weights) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(values, weights));
  }
  static void interleave(const __m256i* rows, __m256i* values) {
    const __m256i none = _mm256_setzero_si256();
    const __m256i low = _mm256_unpacklo_epi8(rows[0], rows[1]), high = _mm256_unpackhi_epi8(rows[0], rows[1]);
    values[0] = _mm256_unpacklo_epi8(low, none);
    values[1] = _mm256_unpackhi_epi8(low, none);
    values[2] = _mm256_unpacklo_epi8(high, none);
    values[3] = _mm256_unpackhi_epi8(high, none);
  }
};

}  // namespace

const Table& table() {
  static constexpr Table kTable = avx2_block::table_of<Pairs>("avx2");
  return kTable;
}

}  // namespace pupil::edge::kernels::avx2
