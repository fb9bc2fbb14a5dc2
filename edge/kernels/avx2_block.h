// SPDX-License-Identifier: Apache-2.0
// What avx2.cpp and avx_vnni.cpp share: all but how bytes are multiplied. Private to those two files.
//
// Every function is `static`, and nothing is included but <stdint.h>, the intrinsics and kernels.h, so that each file compiles
// its own copy with its own flags: see neon_block.h. A file brings a type `Dot` of its own:
//
//   Weight      what a packed weight is
//   kGroup      so many of them are multiplied and summed in a lane of 32 bits: input bytes of a convolution, taps of a depthwise one
//   kColumns    how many neighbouring positions a tile has
//   broadcast   kGroup bytes, as they are multiplied, in every lane of 32 bits; of two places, one in each half
//   multiply    sums + products with a vector of packed weights
//   interleave  kGroup rows of 32 channels to four vectors with the kGroup values of a channel in its lane
//
// 1. Activations are stored as value + 128, which both multiply as unsigned; 128 times the sum of the weights is taken off the bias.
// 2. Channels go in blocks of 32, four vectors of eight sums in the order of lane_channel(): interleaving and packing work within
//    128-bit halves, and this is the order in which the one undoes the other.
// 3. A block of up to 16 channels, the last one of a layer, would leave half of each vector empty. It is a twin: two positions side by
//    side, one in each 128-bit half, with the same weights. Where an odd position is left, it is computed in both halves and stored
//    twice in the same place.
// 4. An incomplete group is filled up with weights of 0. Loads may pass the end of an input row by up to kReadSlackBytes; what they
//    bring meets weights of 0 or is not stored. Stores write `count` channels and no more.

#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "kernels/kernels.h"

namespace pupil::edge::kernels::avx2_block {

constexpr uint8_t kStoredXor = 0x80;
constexpr int32_t kSurplus = 128;  // what is stored is so much more than the value
constexpr int32_t kBlock = 32;     // channels
constexpr int32_t kLanes = 8;
constexpr int32_t kVectors = 4;
constexpr int32_t kGroupBytes = kBlock * 4;  // packed weights of one group: 32 bits a channel

/// Packed in front of a block's weights.
struct BlockHead {
  int32_t bias[kVectors][kLanes];   // with the input's zero point and half of the shift's unit
  int32_t shift[kVectors][kLanes];  // both in the order of lane_channel()
  int16_t multiplier[kBlock];       // in the order of pack_channel()
};

// How many channels lie from one half of a vector to the other.
static inline int32_t half_distance(bool twin) {
  return twin ? 0 : 16;
}
static inline int32_t lane_channel(int32_t vector, int32_t lane, bool twin) {
  return lane / 4 * half_distance(twin) + vector * 4 + lane % 4;
}
// Where the 16-bit values of two vectors lie once they are packed into one, two vectors after the other.
static inline int32_t pack_channel(int32_t place, bool twin) {
  const int32_t in_vector = place % 16;
  return in_vector / 8 * half_distance(twin) + place / 16 * 8 + in_vector % 8;
}
static inline bool is_twin(int32_t first, int32_t channels) {
  return channels - first <= 16;
}

static inline int32_t blocks(int32_t channels) {
  return (channels + kBlock - 1) / kBlock;
}
static inline int32_t half_of(int32_t shift) {
  return shift > 0 ? 1 << (shift - 1) : 0;
}
static inline int32_t smaller(int32_t a, int32_t b) {
  return a < b ? a : b;
}

struct Rounding {
  __m256i offset;
  __m256i low;
  __m256i high;
};

static inline Rounding make_rounding(const OutputRange& output) {
  return {_mm256_set1_epi16(static_cast<int16_t>(64 * (output.zero_point + kSurplus) + 32)),
          _mm256_set1_epi8(static_cast<char>(output.clamp_min + kSurplus)),
          _mm256_set1_epi8(static_cast<char>(output.clamp_max + kSurplus))};
}

static inline __m256i load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

static inline __m128i load_16(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

// Up to 16 bytes.
static inline void store_half(uint8_t* output, __m128i bytes, int32_t count) {
  if (count >= 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(output), bytes);
    return;
  }
  if (count & 8) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(output), bytes);
    bytes = _mm_srli_si128(bytes, 8);
    output += 8;
  }
  if (count & 4) {
    const int32_t four = _mm_cvtsi128_si32(bytes);
    __builtin_memcpy(output, &four, sizeof(four));
    bytes = _mm_srli_si128(bytes, 4);
    output += 4;
  }
  const int32_t last = _mm_cvtsi128_si32(bytes);
  for (int32_t i = 0; i < (count & 3); ++i) output[i] = static_cast<uint8_t>(last >> 8 * i);
}

// Up to 32 bytes.
static inline void store_bytes(uint8_t* output, __m256i bytes, int32_t count) {
  if (count >= kBlock) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(output), bytes);
    return;
  }
  store_half(output, _mm256_castsi256_si128(bytes), count);
  if (count > 16) store_half(output + 16, _mm256_extracti128_si256(bytes, 1), count - 16);
}

static inline __m256i scaled(__m256i sum0, __m256i sum1, const BlockHead& head, int32_t half,
                             const Rounding& r) {
  const __m256i t = _mm256_packs_epi32(_mm256_srav_epi32(sum0, load(head.shift[2 * half])),
                                       _mm256_srav_epi32(sum1, load(head.shift[2 * half + 1])));
  const __m256i u = _mm256_mulhrs_epi16(t, load(head.multiplier + 16 * half));
  return _mm256_srai_epi16(_mm256_adds_epi16(u, r.offset), 6);
}

// Two vectors of 16-bit results to 32 bytes, half by half.
static inline __m256i to_bytes(__m256i low, __m256i high, const Rounding& r) {
  return _mm256_min_epu8(_mm256_max_epu8(_mm256_packus_epi16(low, high), r.low), r.high);
}

// A twin's two positions lie `step` bytes apart.
template <bool Twin>
static void finish(const __m256i* sums, const BlockHead& head, const Rounding& r, int32_t count, int64_t step,
                   uint8_t* output) {
  const __m256i bytes =
      to_bytes(scaled(sums[0], sums[1], head, 0, r), scaled(sums[2], sums[3], head, 1, r), r);
  if constexpr (Twin) {
    store_half(output, _mm256_castsi256_si128(bytes), count);
    store_half(output + step, _mm256_extracti128_si256(bytes, 1), count);
  } else {
    store_bytes(output, bytes, count);
  }
}

// `weight_sum(c)` is the sum of channel c's weights: the zero point of the input goes into the bias.
template <typename WeightSum>
static void pack_head(const ChannelScale& scale, int32_t zero_point, int32_t first, int32_t channels,
                      WeightSum weight_sum, BlockHead* head) {
  const bool twin = is_twin(first, channels);
  for (int32_t v = 0; v < kVectors; ++v) {
    for (int32_t lane = 0; lane < kLanes; ++lane) {
      const int32_t c = first + lane_channel(v, lane, twin);
      const bool exists = c < channels;
      head->bias[v][lane] = exists ? scale.bias[c] + half_of(scale.shift[c]) - zero_point * weight_sum(c) : 0;
      head->shift[v][lane] = exists ? scale.shift[c] : 0;
    }
  }
  for (int32_t i = 0; i < kBlock; ++i) {
    const int32_t c = first + pack_channel(i, twin);
    head->multiplier[i] = c < channels ? scale.multiplier[c] : 0;
  }
}

template <typename Dot>
static int32_t groups(int32_t count) {
  return (count + Dot::kGroup - 1) / Dot::kGroup;
}

// `count` weights of each of a block's channels, from weight(k, channel), group by group. Returns where they end.
template <typename Dot, typename WeightAt>
static typename Dot::Weight* pack_groups(int32_t first, int32_t channels, int32_t count,
                                         typename Dot::Weight* to, WeightAt weight) {
  const bool twin = is_twin(first, channels);
  for (int32_t group = 0; group < groups<Dot>(count); ++group) {
    for (int32_t i = 0; i < kBlock * Dot::kGroup; ++i) {
      const int32_t place = i / Dot::kGroup;
      const int32_t c = first + lane_channel(place / kLanes, place % kLanes, twin);
      const int32_t k = Dot::kGroup * group + i % Dot::kGroup;
      *to++ = c < channels && k < count ? weight(k, c) : int8_t{0};
    }
  }
  return to;
}

// ---- Convolution ---------------------------------------------------------------------------------------
//
// Packed: per block a BlockHead, then per segment and group of bytes four vectors of weights.

template <typename Dot>
static int64_t conv_block_bytes(const ConvShape& shape) {
  return static_cast<int64_t>(sizeof(BlockHead)) +
         static_cast<int64_t>(shape.segments) * groups<Dot>(shape.segment_bytes) * kGroupBytes;
}

template <typename Dot>
static int64_t conv_packed_bytes(const ConvShape& shape) {
  return blocks(shape.channels) * conv_block_bytes<Dot>(shape);
}

template <typename Dot>
static void pack_conv_block(const ConvShape& shape, const ConvWeights& w, int32_t first, uint8_t* packed) {
  const int64_t length = static_cast<int64_t>(shape.segments) * shape.segment_bytes;
  const auto weight_sum = [&](int32_t c) {
    int32_t sum = 0;
    for (int64_t i = 0; i < length; ++i) sum += w.weights[c * length + i];
    return sum;
  };
  pack_head(w.scale, w.input_zero_point + kSurplus, first, shape.channels, weight_sum,
            reinterpret_cast<BlockHead*>(packed));
  auto* to = reinterpret_cast<typename Dot::Weight*>(packed + sizeof(BlockHead));
  for (int32_t s = 0; s < shape.segments; ++s) {
    to = pack_groups<Dot>(first, shape.channels, shape.segment_bytes, to, [&](int32_t k, int32_t c) {
      return w.weights[c * length + s * shape.segment_bytes + k];
    });
  }
}

template <typename Dot>
static void pack_conv(const ConvShape& shape, const ConvWeights& w, void* packed) {
  uint8_t* to = static_cast<uint8_t*>(packed);
  for (int32_t first = 0; first < shape.channels; first += kBlock, to += conv_block_bytes<Dot>(shape)) {
    pack_conv_block<Dot>(shape, w, first, to);
  }
}

// `Columns` neighbouring positions, of a twin twice as many, times one block of channels, all sums in registers.
template <typename Dot, bool Twin, int Columns>
static void conv_tile(const ConvCall& call, const uint8_t* input, int64_t input_step, const uint8_t* packed,
                      int32_t count, const Rounding& r, uint8_t* output, int64_t output_step) {
  constexpr int kPositions = Twin ? 2 : 1;
  const BlockHead& head = *reinterpret_cast<const BlockHead*>(packed);
  const uint8_t* weights = packed + sizeof(BlockHead);
  const int32_t row_bytes = groups<Dot>(call.shape.segment_bytes) * Dot::kGroup;
  __m256i sums[Columns][kVectors];
  for (int p = 0; p < Columns; ++p) {
    for (int v = 0; v < kVectors; ++v) sums[p][v] = load(head.bias[v]);
  }
  for (int32_t s = 0; s < call.shape.segments; ++s, input += call.segment_stride) {
    for (int32_t i = 0; i < row_bytes; i += Dot::kGroup, weights += kGroupBytes) {
      __m256i a[Columns];
      for (int p = 0; p < Columns; ++p) {
        const uint8_t* from = input + p * kPositions * input_step + i;
        a[p] = Twin ? Dot::broadcast(from, from + input_step) : Dot::broadcast(from);
      }
      for (int v = 0; v < kVectors; ++v) {
        const __m256i w = load(weights + 32 * v);
        for (int p = 0; p < Columns; ++p) sums[p][v] = Dot::multiply(sums[p][v], a[p], w);
      }
    }
  }
  for (int p = 0; p < Columns; ++p)
    finish<Twin>(sums[p], head, r, count, output_step, output + p * kPositions * output_step);
}

// As many positions as fit, in tiles of `Columns`; then the rest in narrower ones.
template <typename Dot, bool Twin, int Columns>
static void conv_row(const ConvCall& call, const uint8_t* input, const uint8_t* packed, int32_t count,
                     int32_t positions, const Rounding& r, uint8_t* output) {
  constexpr int32_t kTile = Columns * (Twin ? 2 : 1);
  const int64_t input_step = call.input_column_stride, output_step = call.shape.channels;
  for (; positions >= kTile; positions -= kTile) {
    conv_tile<Dot, Twin, Columns>(call, input, input_step, packed, count, r, output, output_step);
    input += kTile * input_step;
    output += kTile * output_step;
  }
  if (positions == 0) return;
  if constexpr (Columns > 1) {
    conv_row<Dot, Twin, Columns - 1>(call, input, packed, count, positions, r, output);
  } else if constexpr (Twin) {
    conv_tile<Dot, Twin, 1>(call, input, 0, packed, count, r, output, 0);
  }
}

template <typename Dot>
static void conv(const ConvCall& call) {
  const Rounding r = make_rounding(call.output);
  const uint8_t* packed = static_cast<const uint8_t*>(call.packed);
  for (int32_t first = 0; first < call.shape.channels;
       first += kBlock, packed += conv_block_bytes<Dot>(call.shape)) {
    const int32_t count = smaller(kBlock, call.shape.channels - first);
    const auto row_of_block = is_twin(first, call.shape.channels) ? conv_row<Dot, true, Dot::kColumns>
                                                                  : conv_row<Dot, false, Dot::kColumns>;
    for (int32_t row = 0; row < call.rows; ++row) {
      row_of_block(call, call.input + row * call.input_row_stride, packed, count, call.columns, r,
                   call.output_rows + row * call.output_row_stride + first);
    }
  }
}

// ---- Depthwise -----------------------------------------------------------------------------------------
//
// Packed: per block a BlockHead, then per group of taps four vectors of weights. Scratch: where each tap reads, from the first.

static inline int32_t taps(const DepthwiseShape& shape) {
  return shape.kernel_t * shape.kernel_f;
}

template <typename Dot>
static int64_t depthwise_block_bytes(const DepthwiseShape& shape) {
  return static_cast<int64_t>(sizeof(BlockHead)) +
         static_cast<int64_t>(groups<Dot>(taps(shape))) * kGroupBytes;
}

template <typename Dot>
static int64_t depthwise_packed_bytes(const DepthwiseShape& shape) {
  return blocks(shape.channels) * depthwise_block_bytes<Dot>(shape);
}

template <typename Dot>
static int64_t depthwise_scratch_bytes(const DepthwiseShape& shape, int32_t) {
  return static_cast<int64_t>(sizeof(int64_t)) * groups<Dot>(taps(shape)) * Dot::kGroup;
}

template <typename Dot>
static void pack_depthwise_block(const DepthwiseShape& shape, const DepthwiseWeights& w, int32_t first,
                                 uint8_t* packed) {
  const auto weight = [&](int32_t tap, int32_t c) {
    return w.weights[static_cast<int64_t>(tap) * shape.channels + c];
  };
  const auto weight_sum = [&](int32_t c) {
    int32_t sum = 0;
    for (int32_t tap = 0; tap < taps(shape); ++tap) sum += weight(tap, c);
    return sum;
  };
  pack_head(w.scale, w.input_zero_point + kSurplus, first, shape.channels, weight_sum,
            reinterpret_cast<BlockHead*>(packed));
  pack_groups<Dot>(first, shape.channels, taps(shape),
                   reinterpret_cast<typename Dot::Weight*>(packed + sizeof(BlockHead)), weight);
}

template <typename Dot>
static void pack_depthwise(const DepthwiseShape& shape, const DepthwiseWeights& w, void* packed) {
  uint8_t* to = static_cast<uint8_t*>(packed);
  for (int32_t first = 0; first < shape.channels; first += kBlock, to += depthwise_block_bytes<Dot>(shape)) {
    pack_depthwise_block<Dot>(shape, w, first, to);
  }
}

template <typename Dot, bool Twin>
static void depthwise_column(const uint8_t* input, int64_t input_step, const int64_t* tap_offsets,
                             int32_t tap_count, const uint8_t* packed, int32_t count, const Rounding& r,
                             uint8_t* output, int64_t output_step) {
  const BlockHead& head = *reinterpret_cast<const BlockHead*>(packed);
  const uint8_t* weights = packed + sizeof(BlockHead);
  __m256i sums[kVectors];
  for (int v = 0; v < kVectors; ++v) sums[v] = load(head.bias[v]);
  for (int32_t tap = 0; tap < tap_count; tap += Dot::kGroup, weights += kGroupBytes) {
    __m256i rows[Dot::kGroup], values[kVectors];
    for (int32_t i = 0; i < Dot::kGroup; ++i) {
      const uint8_t* from = input + tap_offsets[tap + i];
      rows[i] = Twin ? _mm256_set_m128i(load_16(from + input_step), load_16(from)) : load(from);
    }
    Dot::interleave(rows, values);
    for (int v = 0; v < kVectors; ++v) sums[v] = Dot::multiply(sums[v], values[v], load(weights + 32 * v));
  }
  finish<Twin>(sums, head, r, count, output_step, output);
}

template <typename Dot, bool Twin>
static void depthwise_row(const DepthwiseCall& call, const uint8_t* input, const int64_t* tap_offsets,
                          const uint8_t* packed, int32_t count, const Rounding& r, uint8_t* output) {
  constexpr int32_t kPositions = Twin ? 2 : 1;
  const int64_t output_step = call.shape.channels, input_step = call.stride_f * output_step;
  const int32_t tap_count = taps(call.shape);
  int32_t positions = call.columns;
  for (; positions >= kPositions; positions -= kPositions) {
    depthwise_column<Dot, Twin>(input, input_step, tap_offsets, tap_count, packed, count, r, output,
                                output_step);
    input += kPositions * input_step;
    output += kPositions * output_step;
  }
  if (positions > 0) {
    depthwise_column<Dot, Twin>(input, 0, tap_offsets, tap_count, packed, count, r, output, 0);
  }
}

template <typename Dot>
static void depthwise(const DepthwiseCall& call) {
  const Rounding r = make_rounding(call.output);
  const int32_t tap_count = taps(call.shape);
  auto* const tap_offsets = static_cast<int64_t*>(call.scratch);
  for (int32_t tap = 0; tap < groups<Dot>(tap_count) * Dot::kGroup; ++tap) {
    const int32_t read = tap < tap_count ? tap : 0;  // its weight is 0
    tap_offsets[tap] = read / call.shape.kernel_f * call.kernel_row_stride +
                       static_cast<int64_t>(read % call.shape.kernel_f) * call.shape.channels;
  }
  const uint8_t* packed = static_cast<const uint8_t*>(call.packed);
  for (int32_t first = 0; first < call.shape.channels;
       first += kBlock, packed += depthwise_block_bytes<Dot>(call.shape)) {
    const int32_t count = smaller(kBlock, call.shape.channels - first);
    const auto row_of_block =
        is_twin(first, call.shape.channels) ? depthwise_row<Dot, true> : depthwise_row<Dot, false>;
    for (int32_t row = 0; row < call.rows; ++row) {
      row_of_block(call, call.input + row * call.input_row_stride + first, tap_offsets, packed, count, r,
                   call.output_rows + row * call.output_row_stride + first);
    }
  }
}

// ---- The rest ------------------------------------------------------------------------------------------

static inline __m256i scaled_difference(__m256i values, __m256i zero, __m256i multiplier) {
  return _mm256_mulhrs_epi16(_mm256_slli_epi16(_mm256_sub_epi16(values, zero), 7), multiplier);
}

static void add(const AddCall& call) {
  const Rounding r = make_rounding(call.output);
  const __m256i none = _mm256_setzero_si256();
  const __m256i a_zero = _mm256_set1_epi16(static_cast<int16_t>(call.a_zero_point + kSurplus));
  const __m256i b_zero = _mm256_set1_epi16(static_cast<int16_t>(call.b_zero_point + kSurplus));
  const __m256i a_multiplier = _mm256_set1_epi16(static_cast<int16_t>(call.a_multiplier));
  const __m256i b_multiplier = _mm256_set1_epi16(static_cast<int16_t>(call.b_multiplier));
  const auto sum_of = [&](__m256i a, __m256i b) {
    const __m256i sum = _mm256_adds_epi16(scaled_difference(a, a_zero, a_multiplier),
                                          scaled_difference(b, b_zero, b_multiplier));
    return _mm256_srai_epi16(_mm256_adds_epi16(sum, r.offset), 6);
  };
  for (int64_t i = 0; i < call.count; i += kBlock) {
    const __m256i a = load(call.a + i), b = load(call.b + i);
    const __m256i low = sum_of(_mm256_unpacklo_epi8(a, none), _mm256_unpacklo_epi8(b, none));
    const __m256i high = sum_of(_mm256_unpackhi_epi8(a, none), _mm256_unpackhi_epi8(b, none));
    store_bytes(call.result + i, to_bytes(low, high, r),
                call.count - i < kBlock ? static_cast<int32_t>(call.count - i) : kBlock);
  }
}

static void sum(const SumCall& call) {
  const int32_t zero = -call.columns * (call.input_zero_point + kSurplus);
  int32_t c = 0;
  for (; c + kLanes <= call.channels; c += kLanes) {
    __m256i sums = _mm256_set1_epi32(zero);
    for (int32_t column = 0; column < call.columns; ++column) {
      const uint8_t* input = call.input + static_cast<int64_t>(column) * call.channels + c;
      sums = _mm256_add_epi32(sums,
                              _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(input))));
    }
    if (call.total != nullptr) {
      const __m256i change = _mm256_sub_epi32(sums, load(call.sums + c));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(call.total + c),
                          _mm256_add_epi32(load(call.total + c), change));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(call.sums + c), sums);
  }
  for (; c < call.channels; ++c) {
    int32_t sum = zero;
    for (int32_t column = 0; column < call.columns; ++column)
      sum += call.input[static_cast<int64_t>(column) * call.channels + c];
    if (call.total != nullptr) call.total[c] += sum - call.sums[c];
    call.sums[c] = sum;
  }
}

// Sums are in the order of the channels, so packing leaves quarters in the order 0, 2, 1, 3.
static inline __m256i mean_of_16(const int32_t* sums, __m256i gain, __m256i half, __m128i shift,
                                 __m256i multiplier, const Rounding& r) {
  const auto shifted = [&](const int32_t* from) {
    return _mm256_sra_epi32(_mm256_add_epi32(_mm256_mullo_epi32(load(from), gain), half), shift);
  };
  const __m256i t = _mm256_packs_epi32(shifted(sums), shifted(sums + kLanes));
  const __m256i in_order = _mm256_permute4x64_epi64(t, 0xD8);
  return _mm256_srai_epi16(_mm256_adds_epi16(_mm256_mulhrs_epi16(in_order, multiplier), r.offset), 6);
}

static void mean(const MeanCall& call) {
  const Rounding r = make_rounding(call.output);
  const __m256i gain = _mm256_set1_epi32(call.gain);
  const __m256i half = _mm256_set1_epi32(half_of(call.shift));
  const __m128i shift = _mm_cvtsi32_si128(call.shift);
  const __m256i multiplier = _mm256_set1_epi16(static_cast<int16_t>(call.multiplier));
  for (int32_t c = 0; c < call.channels; c += kBlock) {
    const int32_t count = smaller(kBlock, call.channels - c);
    int32_t sums[kBlock] = {};
    for (int32_t i = 0; i < count; ++i) sums[i] = call.sums[c + i];
    const __m256i bytes = to_bytes(mean_of_16(sums, gain, half, shift, multiplier, r),
                                   mean_of_16(sums + 16, gain, half, shift, multiplier, r), r);
    store_bytes(call.row + c, _mm256_permute4x64_epi64(bytes, 0xD8), count);
  }
}

static inline int32_t reduce(__m256i x) {
  alignas(32) int32_t lanes[kLanes];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), x);
  int32_t total = 0;
  for (const int32_t lane : lanes) total += lane;
  return total;
}

// Once per window, so weights are not packed.
static void dense(const DenseCall& call) {
  const int32_t zero_point = call.input_zero_point + kSurplus;
  const __m256i zero = _mm256_set1_epi16(static_cast<int16_t>(zero_point));
  for (int32_t k = 0; k < call.outputs; ++k) {
    const int8_t* weights = call.weights + static_cast<int64_t>(k) * call.inputs;
    __m256i total = _mm256_setzero_si256();
    int32_t i = 0;
    for (; i + 16 <= call.inputs; i += 16) {
      const __m256i values = _mm256_sub_epi16(_mm256_cvtepu8_epi16(load_16(call.input + i)), zero);
      total = _mm256_add_epi32(total, _mm256_madd_epi16(values, _mm256_cvtepi8_epi16(load_16(weights + i))));
    }
    int32_t rest = call.bias[k];
    for (; i < call.inputs; ++i) rest += (call.input[i] - zero_point) * weights[i];
    call.sums[k] = rest + reduce(total);
  }
}

static void quantise_row(const QuantiseCall& call, const float* frame, uint8_t* output) {
  const __m256 lowest = _mm256_set1_ps(-128.0F);
  const __m256 highest = _mm256_set1_ps(127.0F);
  const __m256 half = _mm256_set1_ps(128.5F);
  // The last values are copied: parameters of the model file have no slack after them.
  alignas(32) float last[3][kLanes] = {};
  for (int32_t i = 0; i < call.count; i += kLanes) {
    const int32_t count = smaller(kLanes, call.count - i);
    const float* from[3] = {frame + i, call.gain + i, call.shift + i};
    if (count < kLanes) {
      for (int32_t which = 0; which < 3; ++which) {
        for (int32_t lane = 0; lane < count; ++lane) last[which][lane] = from[which][lane];
        from[which] = last[which];
      }
    }
    const __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(from[0]), _mm256_loadu_ps(from[1]));
    const __m256 x = _mm256_add_ps(scaled, _mm256_loadu_ps(from[2]));
    // maxps gives its second operand when the first is NaN.
    const __m256 bounded = _mm256_min_ps(_mm256_max_ps(x, lowest), highest);
    alignas(32) int32_t stored[kLanes];
    _mm256_store_si256(reinterpret_cast<__m256i*>(stored), _mm256_cvttps_epi32(_mm256_add_ps(bounded, half)));
    for (int32_t lane = 0; lane < count; ++lane) output[i + lane] = static_cast<uint8_t>(stored[lane]);
  }
}

static void quantise(const QuantiseCall& call) {
  for (int32_t row = 0; row < call.rows; ++row) {
    quantise_row(call, call.frames + static_cast<int64_t>(row) * call.count,
                 call.output_rows + row * call.output_row_stride);
  }
}

template <typename Dot>
static constexpr Table table_of(const char* name) {
  return {
      .name = name,
      .stored_xor = kStoredXor,
      .window_step_frames = 128,
      .conv_packed_bytes = conv_packed_bytes<Dot>,
      .pack_conv = pack_conv<Dot>,
      .conv = conv<Dot>,
      .depthwise_packed_bytes = depthwise_packed_bytes<Dot>,
      .pack_depthwise = pack_depthwise<Dot>,
      .depthwise_scratch_bytes = depthwise_scratch_bytes<Dot>,
      .depthwise = depthwise<Dot>,
      .add = add,
      .sum = sum,
      .mean = mean,
      .dense = dense,
      .quantise = quantise,
  };
}

}  // namespace pupil::edge::kernels::avx2_block
