// SPDX-License-Identifier: Apache-2.0
// AVX-512 with VNNI: 64 products of an unsigned and a signed byte in one instruction (vpdpbusd), so
// activations are stored as value + 128 and the surplus, 128 times the sum of the weights, is taken off the
// bias when packing.
//
// 1. Results leave in channel order without a shuffle: two saturating packs interleave four vectors of sums,
//    so the weights of a block are packed in the order that the packs undo. See lane_channel().
// 2. A 32-bit sum cannot overflow: |bias| < 2^29, and dot product and surplus stay below 2^28 each, because
//    no dot product has more than 8192 terms (format.h).
// 3. Loads of activations may pass the end of a row by up to kReadSlackBytes; what they bring meets weights
//    of 0 or is not stored. Loads from the model file, which has no slack, and all stores are masked.
// 4. A tile holds its sums in registers: with 4, 2 or 1 vectors of channels, 6 or 8 positions, 29 of 32 at
//    most.
// 5. call.scratch belongs to one depthwise call, and in it to one row (or two) of one block; most kernels need
//    none.
//
// Sections: rounding; convolution; depthwise, written once for vectors of 64, 32 and 16 bytes; the rest.

#include <immintrin.h>
#include <stdint.h>

#include "kernels/kernels.h"

namespace pupil::edge::kernels::avx512_vnni {

namespace {

constexpr int32_t kLanes = 16;  // 32-bit sums in a vector
constexpr int32_t kVectorBytes = 64;
constexpr uint8_t kStoredXor = 0x80;

int32_t round_up(int32_t x, int32_t to) {
  return (x + to - 1) / to * to;
}
int32_t smaller(int32_t a, int32_t b) {
  return a < b ? a : b;
}

// The channel, within a block of `vectors` vectors, of lane `lane` of vector `vector`.
int32_t lane_channel(int32_t vectors, int32_t vector, int32_t lane) {
  return (lane / 4) * 4 * vectors + vector * 4 + lane % 4;
}

// Rounding parameters of a block, in the order of its lanes; then its weights.
struct Lanes {
  int32_t bias[kLanes];
  int32_t shift[kLanes];
};

int32_t half_of(int32_t shift) {
  return shift > 0 ? 1 << (shift - 1) : 0;
}

// What is added to 64 times the result, for the zero point in stored form and for rounding.
int16_t final_offset(const OutputRange& output) {
  return static_cast<int16_t>(64 * (output.zero_point + 128) + 32);
}

bool clamps(const OutputRange& output) {
  return output.clamp_min != -128 || output.clamp_max != 127;
}

__mmask64 first_bytes(int32_t count) {
  return count >= 64 ? ~static_cast<__mmask64>(0) : (static_cast<__mmask64>(1) << count) - 1;
}

int32_t load_4_bytes(const uint8_t* bytes) {
  int32_t x;
  __builtin_memcpy(&x, bytes, sizeof(x));
  return x;
}

// ---- Rounding of 64, 32 and 16 channels ----------------------------------------------------------------

struct Rounding {
  __m512i offset;
  __m512i low;
  __m512i high;
  bool clamp;
};

Rounding make_rounding(const OutputRange& output) {
  Rounding r;
  r.offset = _mm512_set1_epi16(final_offset(output));
  r.low = _mm512_set1_epi8(static_cast<char>(output.clamp_min + 128));
  r.high = _mm512_set1_epi8(static_cast<char>(output.clamp_max + 128));
  r.clamp = clamps(output);
  return r;
}

inline __m512i scaled(__m512i t, __m512i multiplier, __m512i offset) {
  return _mm512_srai_epi16(_mm512_adds_epi16(_mm512_mulhrs_epi16(t, multiplier), offset), 6);
}

inline void store_bytes(uint8_t* output, __m512i bytes, const Rounding& r, __mmask64 mask) {
  if (r.clamp) bytes = _mm512_min_epu8(_mm512_max_epu8(bytes, r.low), r.high);
  _mm512_mask_storeu_epi8(output, mask, bytes);
}

inline void store_bytes(uint8_t* output, __m256i bytes, const Rounding& r, __mmask64 mask) {
  if (r.clamp) {
    bytes = _mm256_min_epu8(_mm256_max_epu8(bytes, _mm512_castsi512_si256(r.low)),
                            _mm512_castsi512_si256(r.high));
  }
  _mm256_mask_storeu_epi8(output, static_cast<__mmask32>(mask), bytes);
}

// A block's rounding parameters in registers. Loaded before the first store: for the compiler, a store of bytes
// may change them.
template <int Vectors>
struct BlockScale {
  __m512i shift[Vectors];
  __m512i multiplier[2];
};

template <int Vectors>
inline BlockScale<Vectors> load_scale(const Lanes* lanes, const int16_t* multiplier) {
  BlockScale<Vectors> scale;
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) scale.shift[v] = _mm512_loadu_si512(lanes[v].shift);
  scale.multiplier[0] = _mm512_loadu_si512(multiplier);
  scale.multiplier[1] = _mm512_loadu_si512(multiplier + 32);
  // Each four multipliers twice, as finish_four()'s packs leave the positions.
  if constexpr (Vectors == 1) {
    scale.multiplier[1] =
        _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3), scale.multiplier[0]);
  }
  return scale;
}

// Rounds one block of `Vectors` vectors of sums and stores its bytes that `mask` names.
template <int Vectors>
inline void finish(const __m512i* sums, const BlockScale<Vectors>& scale, const Rounding& r, __mmask64 mask,
                   uint8_t* output) {
  const auto shifted = [&](int v) { return _mm512_srav_epi32(sums[v], scale.shift[v]); };
  if constexpr (Vectors == 4) {
    const __m512i t01 = _mm512_packs_epi32(shifted(0), shifted(1));
    const __m512i t23 = _mm512_packs_epi32(shifted(2), shifted(3));
    const __m512i y01 = scaled(t01, scale.multiplier[0], r.offset);
    const __m512i y23 = scaled(t23, scale.multiplier[1], r.offset);
    store_bytes(output, _mm512_packus_epi16(y01, y23), r, mask);
  } else if constexpr (Vectors == 2) {
    const __m512i t = _mm512_packs_epi32(shifted(0), shifted(1));
    const __m512i y = _mm512_max_epi16(scaled(t, scale.multiplier[0], r.offset), _mm512_setzero_si512());
    store_bytes(output, _mm512_cvtusepi16_epi8(y), r, mask);
  } else {
    const __m256i t = _mm512_cvtsepi32_epi16(shifted(0));
    const __m512i y = scaled(_mm512_castsi256_si512(t), scale.multiplier[0], r.offset);
    store_bytes(output, _mm512_cvtusepi16_epi8(_mm512_max_epi16(y, _mm512_setzero_si512())), r, mask);
  }
}

// Two neighbouring positions of a block of two vectors: their 32 bytes each share one vector to the end, and
// where there are no other channels they also lie so.
inline void finish_two(const __m512i (*sums)[2], const BlockScale<2>& scale, const Rounding& r,
                       __mmask64 mask, uint8_t* output, int64_t channels) {
  const auto packed = [&](int p) {
    return _mm512_packs_epi32(_mm512_srav_epi32(sums[p][0], scale.shift[0]),
                              _mm512_srav_epi32(sums[p][1], scale.shift[1]));
  };
  const __m512i mixed = _mm512_packus_epi16(scaled(packed(0), scale.multiplier[0], r.offset),
                                            scaled(packed(1), scale.multiplier[0], r.offset));
  const __m512i bytes = _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), mixed);
  if (channels == 2 * kLanes) return store_bytes(output, bytes, r, ~static_cast<__mmask64>(0));
  store_bytes(output, _mm512_castsi512_si256(bytes), r, mask);
  store_bytes(output + channels, _mm512_extracti64x4_epi64(bytes, 1), r, mask);
}

// Four neighbouring positions of a block of one vector, 16 bytes each.
inline void finish_four(const __m512i (*sums)[1], const BlockScale<1>& scale, const Rounding& r,
                        __mmask64 mask, uint8_t* output, int64_t channels) {
  const auto packed = [&](int p) {
    return _mm512_packs_epi32(_mm512_srav_epi32(sums[p][0], scale.shift[0]),
                              _mm512_srav_epi32(sums[p + 1][0], scale.shift[0]));
  };
  const __m512i mixed = _mm512_packus_epi16(scaled(packed(0), scale.multiplier[1], r.offset),
                                            scaled(packed(2), scale.multiplier[1], r.offset));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  __m512i bytes = _mm512_permutexvar_epi32(order, mixed);
  if (r.clamp) bytes = _mm512_min_epu8(_mm512_max_epu8(bytes, r.low), r.high);
  const __mmask16 some = static_cast<__mmask16>(mask);
  _mm_mask_storeu_epi8(output, some, _mm512_castsi512_si128(bytes));
  _mm_mask_storeu_epi8(output + channels, some, _mm512_extracti32x4_epi32(bytes, 1));
  _mm_mask_storeu_epi8(output + 2 * channels, some, _mm512_extracti32x4_epi32(bytes, 2));
  _mm_mask_storeu_epi8(output + 3 * channels, some, _mm512_extracti32x4_epi32(bytes, 3));
}

// The order of multipliers that finish() reads: that of the packed 16-bit values. 32 of them per pair of
// vectors; with a single vector the upper 16 repeat the lower.
template <typename Channel>
void pack_multipliers(int32_t vectors, Channel channel_of, const int16_t* from, int32_t channels,
                      int16_t* to) {
  for (int32_t pair = 0; pair < (vectors + 1) / 2; ++pair) {
    const int32_t in_pair = smaller(2, vectors - 2 * pair);
    for (int32_t i = 0; i < 32; ++i) {
      const int32_t vector = 2 * pair + (i / 4) % in_pair;
      const int32_t lane = in_pair == 1 ? i % kLanes : (i / 8) * 4 + i % 4;
      const int32_t channel = channel_of(vector, lane);
      to[32 * pair + i] = channel < channels ? from[channel] : 0;
    }
  }
}

// ---- Convolution ---------------------------------------------------------------------------------------
//
// Packed: for each block of 4, 2 or 1 vectors of output channels: Lanes[vectors], int16 multipliers [64],
// then for each segment and each four of its bytes one vector of weights per vector of channels.

// The widest block that fits: a block of 4 vectors with one channel in use would compute 64.
int32_t block_vectors(int32_t vectors_left) {
  return vectors_left >= 4 ? 4 : vectors_left >= 2 ? 2 : 1;
}

int32_t quads(const ConvShape& shape) {
  return round_up(shape.segment_bytes, 4) / 4;
}

int64_t block_head_bytes(int32_t vectors) {
  return vectors * static_cast<int64_t>(sizeof(Lanes)) + 2 * kVectorBytes;
}

int64_t conv_block_bytes(const ConvShape& shape, int32_t vectors) {
  return block_head_bytes(vectors) +
         static_cast<int64_t>(shape.segments) * quads(shape) * vectors * kVectorBytes;
}

int32_t conv_weight_sum(const ConvShape& shape, const int8_t* weights) {
  int32_t sum = 0;
  for (int32_t i = 0; i < shape.segments * shape.segment_bytes; ++i) sum += weights[i];
  return sum;
}

// ---- Narrow convolution --------------------------------------------------------------------------------
//
// With a single quad in each kernel row, or two in all, and at most one vector of channels (the first layers) each product of a
// position would take a broadcast of its own. Here lanes are neighbouring positions instead, and what is
// broadcast are weights, for 32 positions at once. Results of four channels then need a transposition to get
// into channel order.
//
// Packed: four times a NarrowGroup of four channels, then for each segment their quads of weights.

constexpr int32_t kMostNarrowSegments = 4;
constexpr int32_t kNarrowColumns = 16;
constexpr int32_t kGroupChannels = 4;
constexpr int32_t kNarrowGroups = 4;

struct NarrowGroup {
  int32_t bias[kGroupChannels];
  int32_t shift[kGroupChannels];
  int16_t multiplier[2][8];  // of two channels, each four times, as the packs leave them
};

// Eight inputs in a row are two segments that follow one another; their weights already do.
bool is_two_quads(const ConvShape& shape) {
  return shape.segments == 1 && shape.segment_bytes == 8;
}
ConvShape in_single_quads(const ConvShape& shape) {
  return is_two_quads(shape) ? ConvShape{2, 4, shape.channels} : shape;
}
bool is_narrow(const ConvShape& shape) {
  const ConvShape s = in_single_quads(shape);
  return quads(s) == 1 && s.segments <= kMostNarrowSegments && s.channels <= kLanes;
}
int64_t narrow_group_bytes(const ConvShape& shape) {
  return static_cast<int64_t>(sizeof(NarrowGroup)) + shape.segments * kGroupChannels * 4;
}

void pack_narrow(const ConvShape& shape, const ConvWeights& w, uint8_t* packed) {
  const int32_t length = shape.segments * shape.segment_bytes;
  for (int32_t i = 0; i < kLanes; ++i) {
    uint8_t* const at = packed + i / kGroupChannels * narrow_group_bytes(shape);
    NarrowGroup& group = *reinterpret_cast<NarrowGroup*>(at);
    int8_t* const weights = reinterpret_cast<int8_t*>(at + sizeof(NarrowGroup));
    const int32_t c = i % kGroupChannels;
    const bool exists = i < shape.channels;
    const int8_t* from = w.weights + static_cast<int64_t>(i) * length;
    group.shift[c] = exists ? w.scale.shift[i] : 0;
    group.bias[c] = exists ? w.scale.bias[i] + half_of(w.scale.shift[i]) -
                                 (w.input_zero_point + 128) * conv_weight_sum(shape, from)
                           : 0;
    for (int32_t k = 0; k < 4; ++k)
      group.multiplier[c / 2][c % 2 * 4 + k] = exists ? w.scale.multiplier[i] : static_cast<int16_t>(0);
    for (int32_t s = 0; s < shape.segments; ++s) {
      for (int32_t k = 0; k < 4; ++k) {
        weights[(s * kGroupChannels + c) * 4 + k] =
            exists && k < shape.segment_bytes ? from[s * shape.segment_bytes + k] : static_cast<int8_t>(0);
      }
    }
  }
}

inline __m128i load_16(const uint8_t* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

// The quads of `count` of 16 positions `stride` bytes apart. Up to 4 bytes: four neighbours are within 16 bytes.
inline __m512i load_positions(const uint8_t* from, int64_t stride, __m512i order, int32_t count) {
  if (stride <= 4) {
    __m512i x = _mm512_castsi128_si512(load_16(from));
    x = _mm512_mask_broadcast_i32x4(x, 0x00F0, load_16(from + 4 * stride));
    x = _mm512_mask_broadcast_i32x4(x, 0x0F00, load_16(from + 8 * stride));
    x = _mm512_mask_broadcast_i32x4(x, 0xF000, load_16(from + 12 * stride));
    return _mm512_shuffle_epi8(x, order);
  }
  if (stride == 8 && count == kNarrowColumns) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    return _mm512_permutex2var_epi32(_mm512_loadu_si512(from), even, _mm512_loadu_si512(from + kVectorBytes));
  }
  alignas(kVectorBytes) int32_t positions[kNarrowColumns] = {};
  for (int32_t p = 0; p < count; ++p) positions[p] = load_4_bytes(from + p * stride);
  return _mm512_load_si512(positions);
}

// Four channels of 16 positions: dword p is position p's.
inline __m512i finish_narrow(const __m512i* sums, const __m512i* multiplier, const Rounding& r,
                             __m512i transpose) {
  const __m512i y01 = scaled(_mm512_packs_epi32(sums[0], sums[1]), multiplier[0], r.offset);
  const __m512i y23 = scaled(_mm512_packs_epi32(sums[2], sums[3]), multiplier[1], r.offset);
  __m512i bytes = _mm512_packus_epi16(y01, y23);
  if (r.clamp) bytes = _mm512_min_epu8(_mm512_max_epu8(bytes, r.low), r.high);
  return _mm512_shuffle_epi8(bytes, transpose);
}

// The same for twice 16 positions, which share the loads of weights.
template <int Segments>
inline void narrow_group(const __m512i (*x)[Segments], const uint8_t* packed, const Rounding& r,
                         __m512i transpose, __m512i* first, __m512i* second) {
  const NarrowGroup& group = *reinterpret_cast<const NarrowGroup*>(packed);
  const int32_t* weights = reinterpret_cast<const int32_t*>(packed + sizeof(NarrowGroup));
  __m512i sums[2][kGroupChannels];
#pragma GCC unroll 4
  for (int c = 0; c < kGroupChannels; ++c) {
    sums[0][c] = _mm512_set1_epi32(group.bias[c]);
    sums[1][c] = sums[0][c];
#pragma GCC unroll 4
    for (int s = 0; s < Segments; ++s) {
      const __m512i w = _mm512_set1_epi32(weights[s * kGroupChannels + c]);
      sums[0][c] = _mm512_dpbusd_epi32(sums[0][c], x[0][s], w);
      sums[1][c] = _mm512_dpbusd_epi32(sums[1][c], x[1][s], w);
    }
    const __m512i shift = _mm512_set1_epi32(group.shift[c]);
    sums[0][c] = _mm512_srav_epi32(sums[0][c], shift);
    sums[1][c] = _mm512_srav_epi32(sums[1][c], shift);
  }
  const __m512i multiplier[2] = {
      _mm512_broadcast_i32x4(load_16(reinterpret_cast<const uint8_t*>(group.multiplier[0]))),
      _mm512_broadcast_i32x4(load_16(reinterpret_cast<const uint8_t*>(group.multiplier[1])))};
  *first = finish_narrow(sums[0], multiplier, r, transpose);
  *second = finish_narrow(sums[1], multiplier, r, transpose);
}

// 16 positions of 8 channels each, side by side.
inline void store_eights(__m512i low, __m512i high, uint8_t* output) {
  const __m512i first = _mm512_unpacklo_epi32(low, high);  // of each four positions the first two
  const __m512i second = _mm512_unpackhi_epi32(low, high);
  _mm512_storeu_si512(output,
                      _mm512_permutex2var_epi64(first, _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), second));
  _mm512_storeu_si512(
      output + kVectorBytes,
      _mm512_permutex2var_epi64(first, _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15), second));
}

// 16 channels of `count` of 16 positions, `channels` bytes apart; of each the bytes that `mask` names.
inline void store_sixteens(const __m512i* groups, uint8_t* output, int64_t channels, int32_t count,
                           __mmask16 mask) {
  const __m512i low01 = _mm512_unpacklo_epi32(groups[0], groups[1]);
  const __m512i high01 = _mm512_unpackhi_epi32(groups[0], groups[1]);
  const __m512i low23 = _mm512_unpacklo_epi32(groups[2], groups[3]);
  const __m512i high23 = _mm512_unpackhi_epi32(groups[2], groups[3]);
  // Lane l of number p is position 4 l + p.
  const __m512i p0 = _mm512_unpacklo_epi64(low01, low23);
  const __m512i p1 = _mm512_unpackhi_epi64(low01, low23);
  const __m512i p2 = _mm512_unpacklo_epi64(high01, high23);
  const __m512i p3 = _mm512_unpackhi_epi64(high01, high23);
  const __m512i p01_low = _mm512_shuffle_i32x4(p0, p1, 0x44);
  const __m512i p01_high = _mm512_shuffle_i32x4(p0, p1, 0xEE);
  const __m512i p23_low = _mm512_shuffle_i32x4(p2, p3, 0x44);
  const __m512i p23_high = _mm512_shuffle_i32x4(p2, p3, 0xEE);
  const __m512i fours[4] = {
      _mm512_shuffle_i32x4(p01_low, p23_low, 0x88), _mm512_shuffle_i32x4(p01_low, p23_low, 0xDD),
      _mm512_shuffle_i32x4(p01_high, p23_high, 0x88), _mm512_shuffle_i32x4(p01_high, p23_high, 0xDD)};
  if (channels == kLanes && count == kNarrowColumns) {
    for (int v = 0; v < 4; ++v) _mm512_storeu_si512(output + v * kVectorBytes, fours[v]);
    return;
  }
  alignas(kVectorBytes) uint8_t positions[kNarrowColumns * kLanes];
  for (int v = 0; v < 4; ++v) _mm512_store_si512(positions + v * kVectorBytes, fours[v]);
  for (int32_t p = 0; p < count; ++p)
    _mm_mask_storeu_epi8(output + p * channels, mask, load_16(positions + p * kLanes));
}

template <int Segments>
void conv_narrow(const ConvCall& call, const Rounding& rounding) {
  const Rounding r = rounding;
  const int64_t stride = call.input_column_stride;
  const int64_t channels = call.shape.channels;
  const int64_t group_bytes = narrow_group_bytes(call.shape);
  const uint8_t* const packed = static_cast<const uint8_t*>(call.packed);
  const __mmask16 mask = static_cast<__mmask16>(first_bytes(call.shape.channels));
  alignas(kVectorBytes) uint8_t order_bytes[kVectorBytes];
  for (int32_t i = 0; i < kVectorBytes; ++i)
    order_bytes[i] = static_cast<uint8_t>((i % 16 / 4 * static_cast<int32_t>(stride) + i % 4) & 15);
  const __m512i order = _mm512_load_si512(order_bytes);
  const __m512i transpose =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  for (int32_t row = 0; row < call.rows; ++row) {
    for (int32_t column = 0; column < call.columns; column += 2 * kNarrowColumns) {
      const int32_t left = call.columns - column;
      const int32_t count[2] = {smaller(kNarrowColumns, left),
                                smaller(kNarrowColumns, left - kNarrowColumns)};
      const uint8_t* input = call.input + row * call.input_row_stride + column * stride;
      uint8_t* output = call.output_rows + row * call.output_row_stride + column * channels;
      __m512i x[2][Segments];
#pragma GCC unroll 4
      for (int s = 0; s < Segments; ++s) {
        const uint8_t* from = input + s * call.segment_stride;
        x[0][s] = load_positions(from, stride, order, count[0]);
        x[1][s] = count[1] > 0 ? load_positions(from + kNarrowColumns * stride, stride, order, count[1])
                               : _mm512_setzero_si512();
      }
      if (channels == 8 && count[1] == kNarrowColumns) {
        __m512i low[2];
        __m512i high[2];
        narrow_group<Segments>(x, packed, r, transpose, low, low + 1);
        narrow_group<Segments>(x, packed + group_bytes, r, transpose, high, high + 1);
        store_eights(low[0], high[0], output);
        store_eights(low[1], high[1], output + kNarrowColumns * 8);
        continue;
      }
      __m512i groups[2][kNarrowGroups];
#pragma GCC unroll 4
      for (int g = 0; g < kNarrowGroups; ++g)
        narrow_group<Segments>(x, packed + g * group_bytes, r, transpose, &groups[0][g], &groups[1][g]);
      store_sixteens(groups[0], output, channels, count[0], mask);
      store_sixteens(groups[1], output + kNarrowColumns * channels, channels, count[1], mask);
    }
  }
}

using NarrowFunction = void (*)(const ConvCall&, const Rounding&);

// By segments, from 1.
constexpr NarrowFunction kNarrow[kMostNarrowSegments] = {conv_narrow<1>, conv_narrow<2>, conv_narrow<3>,
                                                         conv_narrow<4>};

// ---- Convolution in tiles ------------------------------------------------------------------------------

int64_t conv_packed_bytes(const ConvShape& shape) {
  if (is_narrow(shape)) return kNarrowGroups * narrow_group_bytes(in_single_quads(shape));
  int64_t bytes = 0;
  for (int32_t left = round_up(shape.channels, kLanes) / kLanes; left > 0;) {
    const int32_t vectors = block_vectors(left);
    bytes += conv_block_bytes(shape, vectors);
    left -= vectors;
  }
  return bytes;
}

void pack_conv_block(const ConvShape& shape, const ConvWeights& w, int32_t first, int32_t vectors,
                     uint8_t* packed) {
  Lanes* lanes = reinterpret_cast<Lanes*>(packed);
  int16_t* multipliers = reinterpret_cast<int16_t*>(packed + vectors * static_cast<int64_t>(sizeof(Lanes)));
  int8_t* weights = reinterpret_cast<int8_t*>(packed + block_head_bytes(vectors));
  const int32_t length = shape.segments * shape.segment_bytes;
  const auto channel_of = [&](int32_t vector, int32_t lane) {
    return first + lane_channel(vectors, vector, lane);
  };
  pack_multipliers(vectors, channel_of, w.scale.multiplier, shape.channels, multipliers);
  for (int32_t v = 0; v < vectors; ++v) {
    for (int32_t lane = 0; lane < kLanes; ++lane) {
      const int32_t c = channel_of(v, lane);
      const bool exists = c < shape.channels;
      const int8_t* from = w.weights + static_cast<int64_t>(c) * length;
      lanes[v].shift[lane] = exists ? w.scale.shift[c] : 0;
      lanes[v].bias[lane] = exists ? w.scale.bias[c] + half_of(w.scale.shift[c]) -
                                         (w.input_zero_point + 128) * conv_weight_sum(shape, from)
                                   : 0;
      for (int32_t s = 0; s < shape.segments; ++s) {
        for (int32_t i = 0; i < 4 * quads(shape); ++i) {
          const int64_t quad = static_cast<int64_t>(s) * quads(shape) + i / 4;
          const bool inside = exists && i < shape.segment_bytes;
          weights[(quad * vectors + v) * kVectorBytes + 4 * lane + i % 4] =
              inside ? from[s * shape.segment_bytes + i] : static_cast<int8_t>(0);
        }
      }
    }
  }
}

void pack_conv(const ConvShape& shape, const ConvWeights& w, void* packed) {
  if (is_narrow(shape)) return pack_narrow(in_single_quads(shape), w, static_cast<uint8_t*>(packed));
  uint8_t* to = static_cast<uint8_t*>(packed);
  int32_t first = 0;
  for (int32_t left = round_up(shape.channels, kLanes) / kLanes; left > 0;) {
    const int32_t vectors = block_vectors(left);
    pack_conv_block(shape, w, first, vectors, to);
    to += conv_block_bytes(shape, vectors);
    first += vectors * kLanes;
    left -= vectors;
  }
}

// A stretch of a row of output, for one block of channels.
struct ConvStretch {
  const uint8_t* input;
  int64_t column_stride;
  int64_t segment_stride;
  int32_t segments;
  int32_t quads;
  const uint8_t* packed;
  uint8_t* output;
  int64_t channels;
  __mmask64 mask;
};

// `tiles` tiles one after the other, each of `Columns` neighbouring positions times one block of channels, all
// sums in registers.
template <int Vectors, int Columns>
void conv_tiles(const ConvStretch& stretch, int32_t tiles, const Rounding& rounding) {
  const uint8_t* const packed = stretch.packed;
  const Rounding r = rounding;
  const __mmask64 mask = stretch.mask;
  const int64_t channels = stretch.channels;
  const int32_t quads = stretch.quads;
  // Eight positions by two pointers and two distances: one each would not fit into the general registers.
  const int64_t stride = stretch.column_stride;
  int64_t stride_3 = 3 * stride;
  asm("" : "+r"(stride_3));
  const auto position = [&](const uint8_t* low, const uint8_t* high, int p) {
    const uint8_t* const from = p < 4 ? low : high;
    return from + (p % 4 == 3 ? stride_3 : p % 4 * stride);
  };
  const uint8_t* tile_input = stretch.input;
  uint8_t* output = stretch.output;
  for (; tiles > 0; --tiles) {
    const Lanes* lanes = reinterpret_cast<const Lanes*>(packed);
    __m512i sums[Columns][Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
      const __m512i bias = _mm512_loadu_si512(lanes[v].bias);
#pragma GCC unroll 8
      for (int p = 0; p < Columns; ++p) sums[p][v] = bias;
    }
    const uint8_t* weights = packed + block_head_bytes(Vectors);
    for (int32_t s = 0; s < stretch.segments; ++s) {
      const uint8_t* low = tile_input + s * stretch.segment_stride;
      const uint8_t* high = low + 4 * stride;
      if constexpr (Columns > 4) asm("" : "+r"(high));
      const auto add_quad = [&]() __attribute__((always_inline)) {
        __m512i w[Vectors];
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) w[v] = _mm512_loadu_si512(weights + v * kVectorBytes);
#pragma GCC unroll 8
        for (int p = 0; p < Columns; ++p) {
          const __m512i a = _mm512_set1_epi32(load_4_bytes(position(low, high, p)));
#pragma GCC unroll 4
          for (int v = 0; v < Vectors; ++v) sums[p][v] = _mm512_dpbusd_epi32(sums[p][v], a, w[v]);
        }
        weights += Vectors * kVectorBytes;
        low += 4;
        high += 4;
      };
      int32_t q = 0;
      if constexpr (Vectors == 4) {
        for (; q + 1 < quads; q += 2) {
          add_quad();
          add_quad();
        }
      }
      for (; q < quads; ++q) add_quad();
    }
    // GCC 12 otherwise carries every sum through memory, in the loop above, for the sake of the code below.
#pragma GCC unroll 8
    for (int p = 0; p < Columns; ++p) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) asm("" : "+v"(sums[p][v]));
    }
    const BlockScale<Vectors> scale =
        load_scale<Vectors>(lanes, reinterpret_cast<const int16_t*>(packed + Vectors * sizeof(Lanes)));
    int p = 0;
    if constexpr (Vectors == 1) {
#pragma GCC unroll 8
      for (; p + 3 < Columns; p += 4) finish_four(sums + p, scale, r, mask, output + p * channels, channels);
    }
    if constexpr (Vectors == 2) {
#pragma GCC unroll 8
      for (; p + 1 < Columns; p += 2) finish_two(sums + p, scale, r, mask, output + p * channels, channels);
    }
#pragma GCC unroll 8
    for (; p < Columns; ++p) finish<Vectors>(sums[p], scale, r, mask, output + p * channels);
    tile_input += Columns * stride;
    output += Columns * channels;
  }
}

using ConvTilesFunction = void (*)(const ConvStretch&, int32_t, const Rounding&);

// By columns, from 1. As many as leave registers for the weights.
constexpr ConvTilesFunction kTiles4[] = {conv_tiles<4, 1>, conv_tiles<4, 2>, conv_tiles<4, 3>,
                                         conv_tiles<4, 4>, conv_tiles<4, 5>, conv_tiles<4, 6>};
constexpr ConvTilesFunction kTiles2[] = {conv_tiles<2, 1>, conv_tiles<2, 2>, conv_tiles<2, 3>,
                                         conv_tiles<2, 4>, conv_tiles<2, 5>, conv_tiles<2, 6>,
                                         conv_tiles<2, 7>, conv_tiles<2, 8>};
constexpr ConvTilesFunction kTiles1[] = {conv_tiles<1, 1>, conv_tiles<1, 2>, conv_tiles<1, 3>,
                                         conv_tiles<1, 4>, conv_tiles<1, 5>, conv_tiles<1, 6>,
                                         conv_tiles<1, 7>, conv_tiles<1, 8>};

// How a row of output is divided: `wide` tiles of `width` + 1 positions, then `narrow` tiles of `width`.
struct Tiling {
  int32_t width;
  int32_t wide;
  int32_t narrow;
};

// Tiles of nearly the same width: 7 positions with tiles of at most 6 are 4 and 3, as 6 and 1 would leave the
// second tile waiting for its own results.
Tiling divide(int32_t columns, int32_t vectors) {
  const int32_t widest = vectors == 4 ? 6 : 8;
  const int32_t tiles = (columns + widest - 1) / widest;
  const int32_t wide = columns % tiles;
  return {columns / tiles, wide, tiles - wide};
}

void conv(const ConvCall& call) {
  const Rounding rounding = make_rounding(call.output);
  if (is_narrow(call.shape)) {
    ConvCall narrow = call;
    narrow.shape = in_single_quads(call.shape);
    if (is_two_quads(call.shape)) narrow.segment_stride = 4;
    return kNarrow[narrow.shape.segments - 1](narrow, rounding);
  }
  ConvStretch stretch;
  stretch.column_stride = call.input_column_stride;
  stretch.segment_stride = call.segment_stride;
  stretch.segments = call.shape.segments;
  stretch.quads = quads(call.shape);
  stretch.packed = static_cast<const uint8_t*>(call.packed);
  stretch.channels = call.shape.channels;
  int32_t first = 0;
  for (int32_t left = round_up(call.shape.channels, kLanes) / kLanes; left > 0;) {
    const int32_t vectors = block_vectors(left);
    const Tiling tiling = divide(call.columns, vectors);
    const ConvTilesFunction* const tiles = vectors == 4 ? kTiles4 : vectors == 2 ? kTiles2 : kTiles1;
    const int64_t wide_columns = int64_t{tiling.wide} * (tiling.width + 1);
    stretch.mask = first_bytes(smaller(call.shape.channels - first, vectors * kLanes));
    for (int32_t row = 0; row < call.rows; ++row) {
      stretch.input = call.input + row * call.input_row_stride;
      stretch.output = call.output_rows + row * call.output_row_stride + first;
      if (tiling.wide > 0) tiles[tiling.width](stretch, tiling.wide, rounding);
      stretch.input += wide_columns * stretch.column_stride;
      stretch.output += wide_columns * stretch.channels;
      tiles[tiling.width - 1](stretch, tiling.narrow, rounding);
    }
    stretch.packed += conv_block_bytes(call.shape, vectors);
    first += vectors * kLanes;
    left -= vectors;
  }
}

// ---- Depthwise -----------------------------------------------------------------------------------------
//
// vpdpbusd sums four neighbouring bytes: here four taps in time of one channel. So four input rows are
// interleaved byte by byte, one column after the other; each interleaved column then serves kernel_f outputs.
// A kernel of up to three rows leaves one byte of four unused: where the time stride is 1, a fourth input row
// goes there and the same columns also give the next row of output, with weights shifted by one byte.
//
// A kernel of one row is turned on its side, time for frequency: its taps then fill the four bytes as well.
// Kernels of up to four rows and one or three columns keep their interleaved columns in registers; others
// write a row's into scratch first.
//
// Channels go in blocks of 64, the rest in one of 64, 32 or 16: vectors of that many bytes. Per block packed:
// bias [4, lanes], shift [4, lanes], int16 multipliers [block], then for each kernel column and each four
// kernel rows four vectors of weights; for kernels of up to three rows all these weights again, shifted by
// one byte. scratch: [columns, time_quads, 4 vectors of the block's width].

// The operations of a row, for vectors of 64, 32 and 16 bytes: what depthwise_row() is a template over.
struct Wide {
  using Vector = __m512i;
  static constexpr int32_t kBytes = 64;
  static Vector load(const void* p) { return _mm512_loadu_si512(p); }
  static void store(void* p, Vector x) { _mm512_store_si512(p, x); }
  static Vector low_8(Vector a, Vector b) { return _mm512_unpacklo_epi8(a, b); }
  static Vector high_8(Vector a, Vector b) { return _mm512_unpackhi_epi8(a, b); }
  static Vector low_16(Vector a, Vector b) { return _mm512_unpacklo_epi16(a, b); }
  static Vector high_16(Vector a, Vector b) { return _mm512_unpackhi_epi16(a, b); }
  static Vector dot(Vector sum, Vector a, Vector w) { return _mm512_dpbusd_epi32(sum, a, w); }
  static Vector shift(Vector sum, Vector by) { return _mm512_srav_epi32(sum, by); }
  static Vector pack_32(Vector a, Vector b) { return _mm512_packs_epi32(a, b); }
  static Vector pack_16(Vector a, Vector b) { return _mm512_packus_epi16(a, b); }
  static Vector scale(Vector t, Vector multiplier, const Rounding& r) {
    const Vector u = _mm512_mulhrs_epi16(t, multiplier);
    return _mm512_srai_epi16(_mm512_adds_epi16(u, r.offset), 6);
  }
  static Vector clamp(Vector x, const Rounding& r) {
    return _mm512_min_epu8(_mm512_max_epu8(x, r.low), r.high);
  }
  static void store_first(uint8_t* p, __mmask64 mask, Vector x) { _mm512_mask_storeu_epi8(p, mask, x); }
};

struct Half {
  using Vector = __m256i;
  static constexpr int32_t kBytes = 32;
  static Vector load(const void* p) { return _mm256_loadu_si256(static_cast<const Vector*>(p)); }
  static void store(void* p, Vector x) { _mm256_store_si256(static_cast<Vector*>(p), x); }
  static Vector low_8(Vector a, Vector b) { return _mm256_unpacklo_epi8(a, b); }
  static Vector high_8(Vector a, Vector b) { return _mm256_unpackhi_epi8(a, b); }
  static Vector low_16(Vector a, Vector b) { return _mm256_unpacklo_epi16(a, b); }
  static Vector high_16(Vector a, Vector b) { return _mm256_unpackhi_epi16(a, b); }
  static Vector dot(Vector sum, Vector a, Vector w) { return _mm256_dpbusd_epi32(sum, a, w); }
  static Vector shift(Vector sum, Vector by) { return _mm256_srav_epi32(sum, by); }
  static Vector pack_32(Vector a, Vector b) { return _mm256_packs_epi32(a, b); }
  static Vector pack_16(Vector a, Vector b) { return _mm256_packus_epi16(a, b); }
  static Vector scale(Vector t, Vector multiplier, const Rounding& r) {
    const Vector u = _mm256_mulhrs_epi16(t, multiplier);
    return _mm256_srai_epi16(_mm256_adds_epi16(u, _mm512_castsi512_si256(r.offset)), 6);
  }
  static Vector clamp(Vector x, const Rounding& r) {
    return _mm256_min_epu8(_mm256_max_epu8(x, _mm512_castsi512_si256(r.low)), _mm512_castsi512_si256(r.high));
  }
  static void store_first(uint8_t* p, __mmask64 mask, Vector x) {
    _mm256_mask_storeu_epi8(p, static_cast<__mmask32>(mask), x);
  }
};

struct Quarter {
  using Vector = __m128i;
  static constexpr int32_t kBytes = 16;
  static Vector load(const void* p) { return _mm_loadu_si128(static_cast<const Vector*>(p)); }
  static void store(void* p, Vector x) { _mm_store_si128(static_cast<Vector*>(p), x); }
  static Vector low_8(Vector a, Vector b) { return _mm_unpacklo_epi8(a, b); }
  static Vector high_8(Vector a, Vector b) { return _mm_unpackhi_epi8(a, b); }
  static Vector low_16(Vector a, Vector b) { return _mm_unpacklo_epi16(a, b); }
  static Vector high_16(Vector a, Vector b) { return _mm_unpackhi_epi16(a, b); }
  static Vector dot(Vector sum, Vector a, Vector w) { return _mm_dpbusd_epi32(sum, a, w); }
  static Vector shift(Vector sum, Vector by) { return _mm_srav_epi32(sum, by); }
  static Vector pack_32(Vector a, Vector b) { return _mm_packs_epi32(a, b); }
  static Vector pack_16(Vector a, Vector b) { return _mm_packus_epi16(a, b); }
  static Vector scale(Vector t, Vector multiplier, const Rounding& r) {
    const Vector u = _mm_mulhrs_epi16(t, multiplier);
    return _mm_srai_epi16(_mm_adds_epi16(u, _mm512_castsi512_si128(r.offset)), 6);
  }
  static Vector clamp(Vector x, const Rounding& r) {
    return _mm_min_epu8(_mm_max_epu8(x, _mm512_castsi512_si128(r.low)), _mm512_castsi512_si128(r.high));
  }
  static void store_first(uint8_t* p, __mmask64 mask, Vector x) {
    _mm_mask_storeu_epi8(p, static_cast<__mmask16>(mask), x);
  }
};

int32_t time_quads(int32_t kernel_t) {
  return (kernel_t + 3) / 4;
}
int32_t depthwise_block(int32_t channels_left) {
  return channels_left > 32 ? 64 : channels_left > 16 ? 32 : 16;
}

// bias, shift: 4 bytes a channel each; multiplier: 2.
int64_t depthwise_head_bytes(int32_t block) {
  return block * 10;
}

bool has_free_row(const DepthwiseShape& shape) {
  return shape.kernel_t <= 3;
}

int32_t depthwise_weight_bytes(const DepthwiseShape& shape, int32_t block) {
  return shape.kernel_f * time_quads(shape.kernel_t) * 4 * block;
}

int64_t depthwise_block_bytes(const DepthwiseShape& shape, int32_t block) {
  const int32_t weight_bytes = depthwise_weight_bytes(shape, block) * (has_free_row(shape) ? 2 : 1);
  return round_up(static_cast<int32_t>(depthwise_head_bytes(block)) + weight_bytes, kVectorBytes);
}

// Whether a kernel's columns stay in registers.
bool needs_no_scratch(const DepthwiseShape& shape) {
  return shape.kernel_t <= 4 && (shape.kernel_f == 1 || shape.kernel_f == 3);
}

// Of one row: turned on its side.
bool lies(const DepthwiseShape& shape) {
  return shape.kernel_t == 1 && shape.kernel_f <= 4;
}

DepthwiseShape upright(const DepthwiseShape& shape) {
  return lies(shape) ? DepthwiseShape{shape.kernel_f, 1, shape.channels} : shape;
}

// How many columns of output share a vector: as many as fill it when there are 16 or 32 channels. Packed for
// that, such a block has 64 channels, which repeat.
int32_t columns_at_once(const DepthwiseShape& shape) {
  const bool few = shape.channels == 16 || shape.channels == 32;
  return few && shape.kernel_f == 3 && needs_no_scratch(shape) ? kVectorBytes / shape.channels : 1;
}

int32_t block_width(const DepthwiseShape& shape, int32_t channels_left) {
  return columns_at_once(shape) > 1 ? kVectorBytes : depthwise_block(channels_left);
}

int64_t depthwise_packed_bytes(const DepthwiseShape& given) {
  const DepthwiseShape shape = upright(given);
  int64_t bytes = 0;
  for (int32_t first = 0; first < shape.channels;) {
    const int32_t block = block_width(shape, shape.channels - first);
    bytes += depthwise_block_bytes(shape, block);
    first += block;
  }
  return bytes;
}

int64_t depthwise_scratch_bytes(const DepthwiseShape& given, int32_t input_columns) {
  const DepthwiseShape shape = upright(given);
  if (needs_no_scratch(shape)) return 0;
  return static_cast<int64_t>(input_columns) * time_quads(shape.kernel_t) * 4 * kVectorBytes;
}

int32_t depthwise_weight(const DepthwiseShape& shape, const DepthwiseWeights& w, int32_t t, int32_t f,
                         int32_t c) {
  if (t < 0 || t >= shape.kernel_t || c >= shape.channels) return 0;
  return w.weights[(static_cast<int64_t>(t) * shape.kernel_f + f) * shape.channels + c];
}

void pack_depthwise_block(const DepthwiseShape& shape, const DepthwiseWeights& w, int32_t first,
                          int32_t block, uint8_t* packed) {
  const int32_t lanes = block / 4;
  int32_t* bias = reinterpret_cast<int32_t*>(packed);
  int32_t* shift = bias + block;
  int16_t* multiplier = reinterpret_cast<int16_t*>(shift + block);
  int8_t* weights = reinterpret_cast<int8_t*>(packed + depthwise_head_bytes(block));
  const int32_t period = columns_at_once(shape) > 1 ? shape.channels : block;
  for (int32_t i = 0; i < block; ++i) {
    const int32_t c = first + lane_channel(4, i / lanes, i % lanes) % period;
    int32_t sum = 0;
    for (int32_t f = 0; f < shape.kernel_f; ++f) {
      for (int32_t t = 0; t < 4 * time_quads(shape.kernel_t); ++t) {
        const int32_t weight = depthwise_weight(shape, w, t, f, c);
        const int64_t quad = static_cast<int64_t>(f) * time_quads(shape.kernel_t) + t / 4;
        const int64_t at = quad * 4 * block + 4 * i + t % 4;
        weights[at] = static_cast<int8_t>(weight);
        sum += weight;
        if (!has_free_row(shape)) continue;
        weights[depthwise_weight_bytes(shape, block) + at] =
            static_cast<int8_t>(depthwise_weight(shape, w, t - 1, f, c));
      }
    }
    const bool exists = c < shape.channels;
    shift[i] = exists ? w.scale.shift[c] : 0;
    bias[i] = exists ? w.scale.bias[c] + half_of(w.scale.shift[c]) - (w.input_zero_point + 128) * sum : 0;

    // The first pack brings channels 16 l + 0..7, the second 16 l + 8..15 of each 128-bit lane l.
    const int32_t pair = i / (block / 2);
    const int32_t in_pair = i % (block / 2);
    const int32_t packed_channel = first + (in_pair / 8 * 16 + pair * 8 + in_pair % 8) % period;
    multiplier[i] =
        packed_channel < shape.channels ? w.scale.multiplier[packed_channel] : static_cast<int16_t>(0);
  }
}

void pack_depthwise(const DepthwiseShape& given, const DepthwiseWeights& w, void* packed) {
  const DepthwiseShape shape = upright(given);
  uint8_t* to = static_cast<uint8_t*>(packed);
  for (int32_t first = 0; first < shape.channels;) {
    const int32_t block = block_width(shape, shape.channels - first);
    pack_depthwise_block(shape, w, first, block, to);
    to += depthwise_block_bytes(shape, block);
    first += block;
  }
}

// One block of channels of a call, turned upright.
struct DepthwiseBlock {
  DepthwiseShape shape;
  const uint8_t* input;
  int64_t kernel_row_stride;
  int64_t input_row_stride;
  int64_t column_bytes;  // from one input column to the next
  int64_t part_bytes;    // from one output's input to the next one's within a vector
  int64_t step_bytes;    // the same from one vector to the next
  int32_t stride_f;
  uint8_t* output;
  int64_t output_row_stride;
  int64_t output_step_bytes;
  int32_t rows;
  int32_t steps;  // vectors of outputs in a row
  const uint8_t* packed;
  uint8_t* scratch;
  __mmask64 mask;
};

// Four rows of one column of a block, or of the columns that share a vector, byte by byte.
template <typename V>
struct Interleaved {
  typename V::Vector part[4];
};

// Parts: of how many pieces, `part_bytes` apart, a vector is put together.
template <typename V, int Parts>
inline typename V::Vector load_parts(const uint8_t* from, int64_t part_bytes) {
  if constexpr (Parts == 1) {
    return V::load(from);
  } else if constexpr (Parts == 2) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(Half::load(from)), Half::load(from + part_bytes), 1);
  } else {
    __m512i x = _mm512_castsi128_si512(Quarter::load(from));
    x = _mm512_mask_broadcast_i32x4(x, 0x00F0, Quarter::load(from + part_bytes));
    x = _mm512_mask_broadcast_i32x4(x, 0x0F00, Quarter::load(from + 2 * part_bytes));
    return _mm512_mask_broadcast_i32x4(x, 0xF000, Quarter::load(from + 3 * part_bytes));
  }
}

template <typename V, int Parts = 1>
inline Interleaved<V> interleave(const uint8_t* const* rows, int64_t at, int64_t part_bytes = 0) {
  using Vector = typename V::Vector;
  const Vector r0 = load_parts<V, Parts>(rows[0] + at, part_bytes);
  const Vector r1 = load_parts<V, Parts>(rows[1] + at, part_bytes);
  const Vector r2 = load_parts<V, Parts>(rows[2] + at, part_bytes);
  const Vector r3 = load_parts<V, Parts>(rows[3] + at, part_bytes);
  const Vector low01 = V::low_8(r0, r1);
  const Vector high01 = V::high_8(r0, r1);
  const Vector low23 = V::low_8(r2, r3);
  const Vector high23 = V::high_8(r2, r3);
  return {{V::low_16(low01, low23), V::high_16(low01, low23), V::low_16(high01, high23),
           V::high_16(high01, high23)}};
}

// Four rows of input from row `t` of a kernel on. Rows beyond the first kernel_t repeat the last one, so that
// nothing outside the tensor is read; their weights are 0.
inline void find_rows(const DepthwiseBlock& block, const uint8_t* input, int32_t t, int32_t kernel_t,
                      const uint8_t** rows) {
  for (int32_t i = 0; i < 4; ++i) rows[i] = input + smaller(t + i, kernel_t - 1) * block.kernel_row_stride;
}

// What every output of a block needs, loaded once: a store of bytes may change anything, for the compiler, so
// it would load it again for every output.
template <typename V>
struct BlockHead {
  typename V::Vector bias[4];
  typename V::Vector shift[4];
  typename V::Vector multiplier[2];
};

template <typename V>
inline BlockHead<V> load_head(const uint8_t* packed) {
  BlockHead<V> head;
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    head.bias[i] = V::load(packed + i * V::kBytes);
    head.shift[i] = V::load(packed + (4 + i) * V::kBytes);
  }
  head.multiplier[0] = V::load(packed + 8 * V::kBytes);
  head.multiplier[1] = V::load(packed + 9 * V::kBytes);
  return head;
}

template <typename V>
inline void finish_depthwise(const typename V::Vector* sums, const BlockHead<V>& head, const Rounding& r,
                             __mmask64 mask, uint8_t* output) {
  using Vector = typename V::Vector;
  const Vector t01 = V::pack_32(V::shift(sums[0], head.shift[0]), V::shift(sums[1], head.shift[1]));
  const Vector t23 = V::pack_32(V::shift(sums[2], head.shift[2]), V::shift(sums[3], head.shift[3]));
  Vector y = V::pack_16(V::scale(t01, head.multiplier[0], r), V::scale(t23, head.multiplier[1], r));
  if (r.clamp) y = V::clamp(y, r);
  V::store_first(output, mask, y);
}

// One output from the interleaved columns under it.
template <typename V, int KernelF>
inline void depthwise_output(const Interleaved<V>* under, const BlockHead<V>& head, const uint8_t* weights,
                             const Rounding& r, __mmask64 mask, uint8_t* output) {
  typename V::Vector sums[4] = {head.bias[0], head.bias[1], head.bias[2], head.bias[3]};
#pragma GCC unroll 4
  for (int f = 0; f < KernelF; ++f) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
      sums[i] = V::dot(sums[i], under[f].part[i], V::load(weights + (4 * f + i) * V::kBytes));
  }
  finish_depthwise<V>(sums, head, r, mask, output);
}

// `Rows` rows of output whose input begins at `input`, columns in registers. Neighbouring vectors of outputs
// share `Shared` columns, which stay there.
template <typename V, int KernelF, int Shared, int Rows, int Parts = 1>
void depthwise_in_registers(const DepthwiseBlock& block, const uint8_t* input, uint8_t* output,
                            const Rounding& rounding) {
  const Rounding r = rounding;
  const BlockHead<V> head = load_head<V>(block.packed);
  const uint8_t* const weights = block.packed + depthwise_head_bytes(V::kBytes);
  const uint8_t* const next_weights = weights + KernelF * 4 * V::kBytes;
  const int64_t column_bytes = block.column_bytes;
  const int64_t part_bytes = block.part_bytes;
  const int64_t step_bytes = block.step_bytes;
  const __mmask64 mask = block.mask;
  const int64_t output_step_bytes = block.output_step_bytes;
  const int64_t output_row_stride = block.output_row_stride;
  const uint8_t* rows[4];
  find_rows(block, input, 0, block.shape.kernel_t + Rows - 1, rows);
  Interleaved<V> under[KernelF];
  int64_t at = 0;
#pragma GCC unroll 4
  for (int f = 0; f < Shared; ++f) under[f] = interleave<V, Parts>(rows, f * column_bytes, part_bytes);
  for (int32_t step = block.steps; step > 0; --step) {
#pragma GCC unroll 4
    for (int f = Shared; f < KernelF; ++f)
      under[f] = interleave<V, Parts>(rows, at + f * column_bytes, part_bytes);
    depthwise_output<V, KernelF>(under, head, weights, r, mask, output);
    if constexpr (Rows == 2)
      depthwise_output<V, KernelF>(under, head, next_weights, r, mask, output + output_row_stride);
#pragma GCC unroll 4
    for (int f = 0; f < Shared; ++f) under[f] = under[f + KernelF - Shared];
    at += step_bytes;
    output += output_step_bytes;
  }
}

// Any kernel; two rows of output only where it has a free row. scratch: [columns, quads, 4 vectors].
template <typename V, int Rows>
void depthwise_by_scratch(const DepthwiseBlock& block, const uint8_t* input, uint8_t* output,
                          const Rounding& rounding) {
  const Rounding r = rounding;
  const int32_t quads_t = time_quads(block.shape.kernel_t);
  const int64_t column_step = static_cast<int64_t>(quads_t) * 4 * V::kBytes;
  const int32_t columns_in = (block.steps - 1) * block.stride_f + block.shape.kernel_f;
  for (int32_t q = 0; q < quads_t; ++q) {
    const uint8_t* rows[4];
    find_rows(block, input, 4 * q, block.shape.kernel_t + Rows - 1, rows);
    uint8_t* to = block.scratch + q * 4 * V::kBytes;
    for (int32_t column = 0; column < columns_in; ++column, to += column_step) {
      const Interleaved<V> x = interleave<V>(rows, column * block.column_bytes);
      for (int i = 0; i < 4; ++i) V::store(to + i * V::kBytes, x.part[i]);
    }
  }
  const BlockHead<V> head = load_head<V>(block.packed);
  const uint8_t* const weights = block.packed + depthwise_head_bytes(V::kBytes);
  const uint8_t* from = block.scratch;
  const int64_t under_bytes = block.shape.kernel_f * column_step;
  const int64_t output_row_stride = block.output_row_stride;
  for (int32_t step = 0; step < block.steps; ++step) {
    for (int row = 0; row < Rows; ++row) {
      typename V::Vector sums[4] = {head.bias[0], head.bias[1], head.bias[2], head.bias[3]};
      for (int64_t at = 0; at < under_bytes; at += 4 * V::kBytes) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          const int64_t part = at + i * V::kBytes;
          sums[i] = V::dot(sums[i], V::load(from + part), V::load(weights + row * under_bytes + part));
        }
      }
      finish_depthwise<V>(sums, head, r, block.mask, output + row * output_row_stride);
    }
    from += block.stride_f * column_step;
    output += block.output_step_bytes;
  }
}

using DepthwiseRowFunction = void (*)(const DepthwiseBlock&, const uint8_t*, uint8_t*, const Rounding&);

// Columns: how many share a vector. With a stride of 1 they are side by side in the input as well.
template <typename V, int Columns, int Rows>
DepthwiseRowFunction row_function(const DepthwiseBlock& block) {
  if constexpr (Columns > 1) {
    if (block.stride_f == 1) return depthwise_in_registers < V, 3, Columns == 2 ? 1 : 0, Rows > ;
    return depthwise_in_registers<V, 3, 0, Rows, Columns>;
  } else {
    if (!needs_no_scratch(block.shape)) return depthwise_by_scratch<V, Rows>;
    if (block.shape.kernel_f == 1) return depthwise_in_registers<V, 1, 0, Rows>;
    if (block.stride_f == 1) return depthwise_in_registers<V, 3, 2, Rows>;
    if (block.stride_f == 2) return depthwise_in_registers<V, 3, 1, Rows>;
    return depthwise_in_registers<V, 3, 0, Rows>;
  }
}

template <typename V, int Columns = 1>
void depthwise_block_rows(const DepthwiseBlock& block, const Rounding& rounding) {
  const bool pairs = has_free_row(block.shape) && block.input_row_stride == block.kernel_row_stride;
  const uint8_t* input = block.input;
  uint8_t* output = block.output;
  int32_t t = 0;
  if (pairs) {
    const DepthwiseRowFunction two = row_function<V, Columns, 2>(block);
    for (; t + 2 <= block.rows; t += 2) {
      two(block, input, output, rounding);
      input += 2 * block.input_row_stride;
      output += 2 * block.output_row_stride;
    }
  }
  const DepthwiseRowFunction one = row_function<V, Columns, 1>(block);
  for (; t < block.rows; ++t) {
    one(block, input, output, rounding);
    input += block.input_row_stride;
    output += block.output_row_stride;
  }
}

DepthwiseBlock all_channels(const DepthwiseCall& call) {
  DepthwiseBlock all;
  const int64_t channels = call.shape.channels;
  all.shape = upright(call.shape);
  all.input = call.input;
  all.output = call.output_rows;
  all.packed = static_cast<const uint8_t*>(call.packed);
  all.scratch = static_cast<uint8_t*>(call.scratch);
  all.mask = 0;
  if (lies(call.shape)) {
    all.kernel_row_stride = channels;
    all.input_row_stride = call.stride_f * channels;
    all.column_bytes = call.input_row_stride;
    all.stride_f = 1;
    all.output_row_stride = channels;
    all.output_step_bytes = call.output_row_stride;
    all.rows = call.columns;
    all.steps = call.rows;
  } else {
    all.kernel_row_stride = call.kernel_row_stride;
    all.input_row_stride = call.input_row_stride;
    all.column_bytes = channels;
    all.stride_f = call.stride_f;
    all.output_row_stride = call.output_row_stride;
    all.output_step_bytes = channels;
    all.rows = call.rows;
    all.steps = call.columns;
  }
  all.part_bytes = all.stride_f * all.column_bytes;
  all.step_bytes = all.part_bytes;
  return all;
}

// Whole vectors of columns, then those that are left, one by one.
template <int Columns>
void depthwise_columns(DepthwiseBlock block, const Rounding& rounding) {
  const int32_t columns = block.steps;
  const int64_t channels = block.shape.channels;
  DepthwiseBlock rest = block;
  block.steps = columns / Columns;
  block.step_bytes *= Columns;
  block.output_step_bytes *= Columns;
  block.mask = first_bytes(kVectorBytes);
  if (block.steps > 0) depthwise_block_rows<Wide, Columns>(block, rounding);
  rest.steps = columns % Columns;
  rest.input += block.steps * block.step_bytes;
  rest.output += block.steps * block.output_step_bytes;
  rest.part_bytes = 0;  // nothing beyond the last column is read
  rest.mask = first_bytes(static_cast<int32_t>(channels));
  if (rest.steps > 0) depthwise_block_rows<Wide, Columns>(rest, rounding);
}

void depthwise(const DepthwiseCall& call) {
  const Rounding rounding = make_rounding(call.output);
  DepthwiseBlock block = all_channels(call);
  const int32_t at_once = columns_at_once(block.shape);
  if (at_once == 2) return depthwise_columns<2>(block, rounding);
  if (at_once == 4) return depthwise_columns<4>(block, rounding);
  for (int32_t left = call.shape.channels; left > 0;) {
    const int32_t width = depthwise_block(left);
    block.mask = first_bytes(smaller(left, width));
    if (width == Wide::kBytes) depthwise_block_rows<Wide>(block, rounding);
    if (width == Half::kBytes) depthwise_block_rows<Half>(block, rounding);
    if (width == Quarter::kBytes) depthwise_block_rows<Quarter>(block, rounding);
    block.packed += depthwise_block_bytes(block.shape, width);
    block.input += width;
    block.output += width;
    left -= width;
  }
}

// ---- The rest ------------------------------------------------------------------------------------------

struct AddScale {
  __m512i a_zero;
  __m512i b_zero;
  __m512i a_multiplier;
  __m512i b_multiplier;
};

inline __m512i scaled_difference(__m512i bytes, __m512i zero, __m512i multiplier) {
  return _mm512_mulhrs_epi16(_mm512_slli_epi16(_mm512_sub_epi16(bytes, zero), 7), multiplier);
}

// Of 32 values each, as 16-bit results.
inline __m512i added(__m256i a_bytes, __m256i b_bytes, const AddScale& scale, const Rounding& r) {
  const __m512i a = scaled_difference(_mm512_cvtepu8_epi16(a_bytes), scale.a_zero, scale.a_multiplier);
  const __m512i b = scaled_difference(_mm512_cvtepu8_epi16(b_bytes), scale.b_zero, scale.b_multiplier);
  return _mm512_srai_epi16(_mm512_adds_epi16(_mm512_adds_epi16(a, b), r.offset), 6);
}

void add(const AddCall& call) {
  const Rounding r = make_rounding(call.output);
  const AddScale scale = {_mm512_set1_epi16(static_cast<int16_t>(call.a_zero_point + 128)),
                          _mm512_set1_epi16(static_cast<int16_t>(call.b_zero_point + 128)),
                          _mm512_set1_epi16(static_cast<int16_t>(call.a_multiplier)),
                          _mm512_set1_epi16(static_cast<int16_t>(call.b_multiplier))};
  int64_t i = 0;
  for (; i + kVectorBytes <= call.count; i += kVectorBytes) {
    const __m512i low = added(Half::load(call.a + i), Half::load(call.b + i), scale, r);
    const __m512i high = added(Half::load(call.a + i + 32), Half::load(call.b + i + 32), scale, r);
    __m512i bytes =
        _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), _mm512_packus_epi16(low, high));
    if (r.clamp) bytes = Wide::clamp(bytes, r);
    _mm512_storeu_si512(call.result + i, bytes);
  }
  for (; i < call.count; i += 32) {
    const __mmask64 mask = first_bytes(smaller(32, static_cast<int32_t>(call.count - i)));
    const __m512i y = added(Half::load(call.a + i), Half::load(call.b + i), scale, r);
    store_bytes(call.result + i, _mm512_cvtusepi16_epi8(_mm512_max_epi16(y, _mm512_setzero_si512())), r,
                mask);
  }
}

void sum(const SumCall& call) {
  const __m512i zero = _mm512_set1_epi32(call.columns * (call.input_zero_point + 128));
  for (int32_t c = 0; c < call.channels; c += kLanes) {
    __m512i sums = _mm512_setzero_si512();
    const uint8_t* input = call.input + c;
    for (int32_t column = 0; column < call.columns; ++column, input += call.channels)
      sums = _mm512_add_epi32(sums, _mm512_cvtepu8_epi32(Quarter::load(input)));
    sums = _mm512_sub_epi32(sums, zero);
    const __mmask16 mask = static_cast<__mmask16>(first_bytes(smaller(kLanes, call.channels - c)));
    if (call.total != nullptr) {
      const __m512i change = _mm512_sub_epi32(sums, _mm512_maskz_loadu_epi32(mask, call.sums + c));
      const __m512i total = _mm512_maskz_loadu_epi32(mask, call.total + c);
      _mm512_mask_storeu_epi32(call.total + c, mask, _mm512_add_epi32(total, change));
    }
    _mm512_mask_storeu_epi32(call.sums + c, mask, sums);
  }
}

void mean(const MeanCall& call) {
  const Rounding r = make_rounding(call.output);
  const __m512i gain = _mm512_set1_epi32(call.gain);
  const __m512i half = _mm512_set1_epi32(half_of(call.shift));
  const __m128i shift = _mm_cvtsi32_si128(call.shift);
  const __m512i multiplier = _mm512_set1_epi16(static_cast<int16_t>(call.multiplier));
  for (int32_t c = 0; c < call.channels; c += kLanes) {
    const __mmask16 mask = static_cast<__mmask16>(first_bytes(smaller(kLanes, call.channels - c)));
    const __m512i sums = _mm512_mullo_epi32(_mm512_maskz_loadu_epi32(mask, call.sums + c), gain);
    const __m256i t = _mm512_cvtsepi32_epi16(_mm512_sra_epi32(_mm512_add_epi32(sums, half), shift));
    const __m512i y = scaled(_mm512_castsi256_si512(t), multiplier, r.offset);
    store_bytes(call.row + c, _mm512_cvtusepi16_epi8(_mm512_max_epi16(y, _mm512_setzero_si512())), r, mask);
  }
}

// Once per window, so weights are not packed; the surplus of each output is summed beside it.
void dense(const DenseCall& call) {
  const __m512i zero = _mm512_set1_epi8(static_cast<char>(call.input_zero_point + 128));
  for (int32_t k = 0; k < call.outputs; ++k) {
    const int8_t* weights = call.weights + static_cast<int64_t>(k) * call.inputs;
    __m512i total = _mm512_setzero_si512();
    __m512i surplus = _mm512_setzero_si512();
    for (int32_t i = 0; i < call.inputs; i += 64) {
      const __mmask64 mask = first_bytes(call.inputs - i);
      const __m512i w = _mm512_maskz_loadu_epi8(mask, weights + i);
      total = _mm512_dpbusd_epi32(total, _mm512_maskz_loadu_epi8(mask, call.input + i), w);
      surplus = _mm512_dpbusd_epi32(surplus, zero, w);
    }
    call.sums[k] = call.bias[k] + _mm512_reduce_add_epi32(_mm512_sub_epi32(total, surplus));
  }
}

inline __m512i quantised(__m512 frame, __m512 gain, __m512 shift) {
  const __m512 x = _mm512_add_ps(_mm512_mul_ps(frame, gain), shift);
  // maxps gives its second operand when the first is NaN.
  const __m512 bounded = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-128.0F)), _mm512_set1_ps(127.0F));
  return _mm512_cvttps_epi32(_mm512_add_ps(bounded, _mm512_set1_ps(128.5F)));
}

void quantise(const QuantiseCall& call) {
  for (int32_t i = 0; i < call.count; i += kLanes) {
    const __mmask16 mask = static_cast<__mmask16>(first_bytes(smaller(kLanes, call.count - i)));
    const __m512 gain = _mm512_maskz_loadu_ps(mask, call.gain + i);
    const __m512 shift = _mm512_maskz_loadu_ps(mask, call.shift + i);
    const float* frame = call.frames + i;
    uint8_t* output = call.output_rows + i;
    for (int32_t row = 0; row < call.rows; ++row) {
      const __m512i stored = quantised(_mm512_maskz_loadu_ps(mask, frame), gain, shift);
      _mm_mask_storeu_epi8(output, mask, _mm512_cvtepi32_epi8(stored));
      frame += call.count;
      output += call.output_row_stride;
    }
  }
}

}  // namespace

const Table& table() {
  static constexpr Table kTable = {
      .name = "avx512_vnni",
      .stored_xor = kStoredXor,
      .window_step_frames = 128,
      .conv_packed_bytes = conv_packed_bytes,
      .pack_conv = pack_conv,
      .conv = conv,
      .depthwise_packed_bytes = depthwise_packed_bytes,
      .pack_depthwise = pack_depthwise,
      .depthwise_scratch_bytes = depthwise_scratch_bytes,
      .depthwise = depthwise,
      .add = add,
      .sum = sum,
      .mean = mean,
      .dense = dense,
      .quantise = quantise,
  };
  return kTable;
}

}  // namespace pupil::edge::kernels::avx512_vnni
