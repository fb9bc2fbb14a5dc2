// SPDX-License-Identifier: Apache-2.0
// Sixteen floats side by side: AVX-512. Doubles are as everywhere (frame_four.cpp).

#include <immintrin.h>

#include "frontend/frame_steps.h"

namespace pupil::edge::frame::avx512 {
namespace {

struct Floats {
  using Real = float;
  using Vector = __m512;
  using Integers = int32_t __attribute__((vector_size(64)));
  static constexpr int kLanes = 16;
  static constexpr int kBlocks = 4;

  static Vector load(const float* from) { return _mm512_loadu_ps(from); }
  static void store(float* to, Vector lanes) { _mm512_storeu_ps(to, lanes); }
  static Vector splat(float value) { return _mm512_set1_ps(value); }
  static Vector from_floats(const float* from) { return load(from); }
  static void to_floats(float* to, Vector lanes) { store(to, lanes); }
  static Vector even(Vector a, Vector b) {
    const __m512i lanes = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    return _mm512_permutex2var_ps(a, lanes, b);
  }
  static Vector odd(Vector a, Vector b) {
    const __m512i lanes = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    return _mm512_permutex2var_ps(a, lanes, b);
  }
  static Vector reversed(Vector a) {
    const __m512i lanes = _mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_permutexvar_ps(lanes, a);
  }
  template <int kLane>
  static Vector spread(Vector a) {
    return _mm512_permute_ps(a, kLane * 0x55);
  }
  static void transpose(Vector& a, Vector& b, Vector& c, Vector& d) {
    const __m512d ab_low = _mm512_castps_pd(_mm512_unpacklo_ps(a, b));
    const __m512d ab_high = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
    const __m512d cd_low = _mm512_castps_pd(_mm512_unpacklo_ps(c, d));
    const __m512d cd_high = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
    a = _mm512_castpd_ps(_mm512_unpacklo_pd(ab_low, cd_low));
    b = _mm512_castpd_ps(_mm512_unpackhi_pd(ab_low, cd_low));
    c = _mm512_castpd_ps(_mm512_unpacklo_pd(ab_high, cd_high));
    d = _mm512_castpd_ps(_mm512_unpackhi_pd(ab_high, cd_high));
  }
  static void swap_blocks(Vector& a, Vector& b, Vector& c, Vector& d) {
    const Vector ab_low = _mm512_shuffle_f32x4(a, b, 0x44);
    const Vector ab_high = _mm512_shuffle_f32x4(a, b, 0xEE);
    const Vector cd_low = _mm512_shuffle_f32x4(c, d, 0x44);
    const Vector cd_high = _mm512_shuffle_f32x4(c, d, 0xEE);
    a = _mm512_shuffle_f32x4(ab_low, cd_low, 0x88);
    b = _mm512_shuffle_f32x4(ab_low, cd_low, 0xDD);
    c = _mm512_shuffle_f32x4(ab_high, cd_high, 0x88);
    d = _mm512_shuffle_f32x4(ab_high, cd_high, 0xDD);
  }
  // Masked broadcasts: three loads that need no shuffle.
  static Vector load_blocks(const float* const* from, int at) {
    Vector lanes = _mm512_castps128_ps512(_mm_loadu_ps(from[0] + at));
    lanes = _mm512_mask_broadcast_f32x4(lanes, 0x00F0, _mm_loadu_ps(from[1] + at));
    lanes = _mm512_mask_broadcast_f32x4(lanes, 0x0F00, _mm_loadu_ps(from[2] + at));
    return _mm512_mask_broadcast_f32x4(lanes, 0xF000, _mm_loadu_ps(from[3] + at));
  }
  static Vector blocks_to_lanes(Vector a) {
    const __m512i lanes = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_ps(lanes, a);
  }
};

}  // namespace

const Table& table() {
  static constexpr Table kTable = {
      .name = "avx512",
      .single = {Floats::kBlocks, power_spectrum_of<Floats>, mel_power_of<Floats>},
      .high = {1, four::power_spectrum, four::mel_power},
      .log = log_of<Floats>,
  };
  return kTable;
}

}  // namespace pupil::edge::frame::avx512
