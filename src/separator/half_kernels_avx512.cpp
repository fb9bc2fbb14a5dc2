// SPDX-License-Identifier: Apache-2.0
// AVX512-FP16. Includes what a file of one instruction set may: intrinsics and its own header.
//
// The convolution's inner loop: 16 pixels, one register of 32 output channels each, and one of weights; a
// pixel's channel is spread over a register by the multiply instruction itself (a half broadcast from memory
// costs nothing there, but blocks a multiplier as an instruction of its own, which is what compilers make of
// the intrinsic: hence the assembler line).

#include <immintrin.h>

#include <utility>

#include "separator/half_kernels.h"

namespace pupil::separator {
namespace {

// Products that are summed before the sum goes over to float32.
constexpr long kTermsMax = 288;
constexpr float kHalfMax = 65504.0F;

// sum += weights * value, the value `Channel` values behind base + Step * pitch; pitch in values, Step 0
// to 2.
template <long Channel, long Step>
inline void multiply_add(__m512h& sum, __m512h weights, const Half* base, long pitch) {
  if constexpr (Step == 0) {
    asm("vfmadd231ph %c3(%2)%{1to32%}, %1, %0"
        : "+v"(sum)
        : "v"(weights), "r"(base), "i"(2 * Channel), "m"(*base));
  } else {
    asm("vfmadd231ph %c3(%2,%4,%c5)%{1to32%}, %1, %0"
        : "+v"(sum)
        : "v"(weights), "r"(base), "i"(2 * Channel), "r"(pitch), "i"(2 * Step), "m"(*base));
  }
}

inline __m512 low(__m512h values) {
  return _mm512_cvtxph_ps(_mm512_castph512_ph256(values));
}
inline __m512 high(__m512h values) {
  return _mm512_cvtxph_ps(_mm256_castsi256_ph(_mm512_extracti64x4_epi64(_mm512_castph_si512(values), 1)));
}

// Saturates: an infinity would spread.
inline __m256i narrow(__m512 values) {
  const __m512 limit = _mm512_set1_ps(kHalfMax);
  values = _mm512_max_ps(_mm512_min_ps(values, limit), _mm512_sub_ps(_mm512_setzero_ps(), limit));
  return _mm512_cvtps_ph(values, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

inline __m512 widen(const Half* values) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values)));
}

inline void store(Half* out, __m512 values) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), narrow(values));
}

inline __m512 leaky(__m512 values, __m512 slope) {
  const __mmask16 negative = _mm512_cmp_ps_mask(values, _mm512_setzero_ps(), _CMP_LT_OQ);
  return _mm512_mask_mul_ps(values, negative, values, slope);
}

// Pixels that share a pointer: the address of an operand reaches base, base + pitch and base + 2 pitch.
constexpr long kReach = 3;

template <long Channel, int P, std::size_t... Pixels>
inline void one_channel(__m512h (&sums)[P], const Half* const (&bases)[(P + kReach - 1) / kReach], long pitch,
                        const Half* weights, std::index_sequence<Pixels...>) {
  const __m512h weight = _mm512_loadu_ph(weights + Channel * kHalfBlock);
  (multiply_add<Channel, Pixels % kReach>(sums[Pixels], weight, bases[Pixels / kReach], pitch), ...);
}

// All channels of a block for P pixels.
template <int P, std::size_t... Channels>
inline void one_block(__m512h (&sums)[P], const Half* in, long pitch, const Half* weights,
                      std::index_sequence<Channels...>) {
  const Half* bases[(P + kReach - 1) / kReach];
#pragma GCC unroll 8
  for (long b = 0; b < (P + kReach - 1) / kReach; ++b) bases[b] = in + b * kReach * pitch;
  (one_channel<static_cast<long>(Channels)>(sums, bases, pitch, weights, std::make_index_sequence<P>()), ...);
}

template <int P>
inline void flush(__m512h (&sums)[P], float (&totals)[P][kHalfBlock]) {
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p) {
    _mm512_store_ps(totals[p], _mm512_add_ps(_mm512_load_ps(totals[p]), low(sums[p])));
    _mm512_store_ps(totals[p] + 16, _mm512_add_ps(_mm512_load_ps(totals[p] + 16), high(sums[p])));
    sums[p] = _mm512_setzero_ph();
  }
}

template <int P>
void add_segment(const HalfSegment& segment, long column, long block, float (&totals)[P][kHalfBlock]) {
  const long taps = segment.kernel * segment.kernel;
  const long blocks = segment.channels / kHalfBlock;
  const Half* weights = segment.weights + block * segment.weight_channels * taps * kHalfBlock;
  __m512h sums[P];
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p) sums[p] = _mm512_setzero_ph();
  long terms = 0;
  for (long b = 0; b < blocks; ++b) {
    for (long tap = 0; tap < taps; ++tap) {
      const Half* in = segment.in + tap / segment.kernel * segment.row_pitch +
                       (column + tap % segment.kernel) * segment.pixel_pitch + b * kHalfBlock;
      one_block<P>(sums, in, segment.pixel_pitch, weights, std::make_index_sequence<kHalfBlock>());
      weights += kHalfBlock * kHalfBlock;
    }
    terms += taps * kHalfBlock;
    if (terms + taps * kHalfBlock > kTermsMax) {
      flush(sums, totals);
      terms = 0;
    }
  }
  if (terms > 0) flush(sums, totals);
}

template <int P>
void convolve_tile(const HalfRow& row, long column, long block) {
  alignas(64) float totals[P][kHalfBlock];
  const __m512 zero = _mm512_setzero_ps();
  const float* bias = row.bias == nullptr ? nullptr : row.bias + block * kHalfBlock;
  for (int p = 0; p < P; ++p) {
    _mm512_store_ps(totals[p], bias == nullptr ? zero : _mm512_loadu_ps(bias));
    _mm512_store_ps(totals[p] + 16, bias == nullptr ? zero : _mm512_loadu_ps(bias + 16));
  }
  for (int s = 0; s < row.segment_count; ++s) add_segment<P>(row.segments[s], column, block, totals);
  const __m512 slope = _mm512_set1_ps(row.slope);
  for (int p = 0; p < P; ++p) {
    for (long c = 0; c < kHalfBlock; c += 16) {
      __m512 value = leaky(_mm512_load_ps(totals[p] + c), slope);
      if (row.residual != nullptr) {
        value = _mm512_add_ps(
            value, widen(row.residual + (column + p) * row.residual_pixel_pitch + block * kHalfBlock + c));
      }
      store(row.out + (column + p) * row.out_pixel_pitch + block * kHalfBlock + c, value);
    }
  }
}

void convolve_row(const HalfRow& row) noexcept {
  for (long block = 0; block < row.channels / kHalfBlock; ++block) {
    long column = 0;
    for (; column + 16 <= row.columns; column += 16) convolve_tile<16>(row, column, block);
    for (; column < row.columns; ++column) convolve_tile<1>(row, column, block);
  }
}

void pack_weights(const float* weight, long out, long in, long kernel, Half* packed) noexcept {
  const long taps = kernel * kernel;
  for (long ob = 0; ob < out; ob += kHalfBlock) {
    for (long ib = 0; ib < in; ib += kHalfBlock) {
      for (long tap = 0; tap < taps; ++tap) {
        for (long i = ib; i < ib + kHalfBlock; ++i) {
          for (long o = ob; o < ob + kHalfBlock; ++o) {
            *packed++ =
                static_cast<Half>(_cvtss_sh(weight[(o * in + i) * taps + tap], _MM_FROUND_TO_NEAREST_INT));
          }
        }
      }
    }
  }
}

void activate(const Half* in, const float* scale, const float* shift, float slope, long pixel_count,
              long channels, Half* out, long out_pixel_pitch) noexcept {
  const __m512 slopes = _mm512_set1_ps(slope);
  for (long c = 0; c < channels; c += 16) {
    const __m512 s = _mm512_loadu_ps(scale + c);
    const __m512 t = _mm512_loadu_ps(shift + c);
    for (long p = 0; p < pixel_count; ++p) {
      store(out + p * out_pixel_pitch + c,
            leaky(_mm512_fmadd_ps(widen(in + p * channels + c), s, t), slopes));
    }
  }
}

void lift(const float* in, const float* weight, const float* bias, long pixel_count, long channels,
          Half* out) noexcept {
  for (long p = 0; p < pixel_count; ++p) {
    const __m512 value = _mm512_set1_ps(in[p]);
    for (long c = 0; c < channels; c += 16) {
      store(out + p * channels + c,
            _mm512_fmadd_ps(value, _mm512_loadu_ps(weight + c), _mm512_loadu_ps(bias + c)));
    }
  }
}

void average(const Half* in, long row_pitch, long rows, long columns, long out_columns, long channels,
             Half* out) noexcept {
  const __m512 share = _mm512_set1_ps(1.0F / static_cast<float>(rows * columns));
  for (long p = 0; p < out_columns; ++p) {
    for (long c = 0; c < channels; c += 16) {
      __m512 sum = _mm512_setzero_ps();
      for (long y = 0; y < rows; ++y) {
        for (long x = 0; x < columns; ++x) {
          sum = _mm512_add_ps(sum, widen(in + y * row_pitch + (p * columns + x) * channels + c));
        }
      }
      store(out + p * channels + c, _mm512_mul_ps(sum, share));
    }
  }
}

}  // namespace

extern const HalfKernels kAvx512HalfKernels;
const HalfKernels kAvx512HalfKernels = {convolve_row, pack_weights, activate, lift, average};

}  // namespace pupil::separator
