// SPDX-License-Identifier: Apache-2.0
// Eight floats side by side: AVX2. Doubles are as everywhere (frame_four.cpp).

#include <immintrin.h>

#include "frontend/frame_steps.h"

namespace pupil::edge::frame::avx2 {
namespace {

struct Floats {
  using Real = float;
  using Vector = __m256;
  using Integers = int32_t __attribute__((vector_size(32)));
  static constexpr int kLanes = 8;
  static constexpr int kBlocks = 2;

  static Vector load(const float* from) { return _mm256_loadu_ps(from); }
  static void store(float* to, Vector lanes) { _mm256_storeu_ps(to, lanes); }
  static Vector splat(float value) { return _mm256_set1_ps(value); }
  static Vector from_floats(const float* from) { return load(from); }
  static void to_floats(float* to, Vector lanes) { store(to, lanes); }
  static Vector in_order(Vector blocks) {
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(blocks), 0xD8));
  }
  static Vector even(Vector a, Vector b) { return in_order(_mm256_shuffle_ps(a, b, 0x88)); }
  static Vector odd(Vector a, Vector b) { return in_order(_mm256_shuffle_ps(a, b, 0xDD)); }
  static Vector reversed(Vector a) {
    return _mm256_permutevar8x32_ps(a, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0));
  }
  template <int kLane>
  static Vector spread(Vector a) {
    return _mm256_permute_ps(a, kLane * 0x55);
  }
  static void transpose(Vector& a, Vector& b, Vector& c, Vector& d) {
    const __m256d ab_low = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
    const __m256d ab_high = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
    const __m256d cd_low = _mm256_castps_pd(_mm256_unpacklo_ps(c, d));
    const __m256d cd_high = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
    a = _mm256_castpd_ps(_mm256_unpacklo_pd(ab_low, cd_low));
    b = _mm256_castpd_ps(_mm256_unpackhi_pd(ab_low, cd_low));
    c = _mm256_castpd_ps(_mm256_unpacklo_pd(ab_high, cd_high));
    d = _mm256_castpd_ps(_mm256_unpackhi_pd(ab_high, cd_high));
  }
  static void swap_two(Vector& a, Vector& b) {
    const Vector low = _mm256_permute2f128_ps(a, b, 0x20);
    b = _mm256_permute2f128_ps(a, b, 0x31);
    a = low;
  }
  static void swap_blocks(Vector& a, Vector& b, Vector& c, Vector& d) {
    swap_two(a, b);
    swap_two(c, d);
  }
  static Vector load_blocks(const float* const* from, int at) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from[0] + at)),
                                _mm_loadu_ps(from[1] + at), 1);
  }
  static Vector blocks_to_lanes(Vector a) {
    return _mm256_permutevar8x32_ps(a, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  }
};

}  // namespace

const Table& table() {
  static constexpr Table kTable = {
      .name = "avx2",
      .single = {Floats::kBlocks, power_spectrum_of<Floats>, mel_power_of<Floats>},
      .high = {1, four::power_spectrum, four::mel_power},
      .log = log_of<Floats>,
  };
  return kTable;
}

}  // namespace pupil::edge::frame::avx2
