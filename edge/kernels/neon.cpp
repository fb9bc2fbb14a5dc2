// SPDX-License-Identifier: Apache-2.0
// Arm without dot products: 64 bits (Cortex-A53, A72) and 32 (Cortex-A7). The widest byte product is smull/smlal: eight products
// into eight 16-bit sums; sadalp then adds neighbours into 32 bits. So 16 multiply-accumulates cost three
// instructions; on bytes widened to 16 bits they would cost four smlal and the widening.
//
// 1. A 16-bit sum holds at most two products: 2 * 128 * 127 fits, a third does not. add_two_taps() and
//    add_sixteen() are the only places that add products before they widen.
// 2. Weights are -127 to 127 (the model check refuses -128): two products of -128 and -128 would not fit.
// 3. Loads may pass the end of an input row by up to kReadSlackBytes. What they bring meets weights of 0 or
//    goes into channels that are not stored.
// 4. Stores write `count` channels and no more: the next block, or another row, begins right after them.
//
// Two layouts. Convolution runs along the inputs, four positions by four output channels (Four), and adds the
// lanes of each sum at the end. Depthwise, and convolutions whose dot products are too short to fill vectors,
// run along the output channels, sixteen at a time (BlockHead).

#include <arm_neon.h>
#include <stdint.h>

#include "kernels/kernels.h"
#include "kernels/neon_block.h"

namespace pupil::edge::kernels::neon {

namespace {

using namespace neon_block;

int64_t round_up(int64_t x, int64_t to) {
  return (x + to - 1) / to * to;
}

// ---- Sixteen channels side by side -----------------------------------------------------------------------

struct Sums {
  int32x4_t s[4];
};

inline void add_products(Sums* sums, int16x8_t low, int16x8_t high) {
  sums->s[0] = vaddw_s16(sums->s[0], vget_low_s16(low));
  sums->s[1] = vaddw_high_s16(sums->s[1], low);
  sums->s[2] = vaddw_s16(sums->s[2], vget_low_s16(high));
  sums->s[3] = vaddw_high_s16(sums->s[3], high);
}

inline void add_tap(Sums* sums, int8x16_t a, int8x16_t w) {
  add_products(sums, vmull_s8(vget_low_s8(a), vget_low_s8(w)), vmull_high_s8(a, w));
}

inline void add_two_taps(Sums* sums, int8x16_t a0, int8x16_t w0, int8x16_t a1, int8x16_t w1) {
  const int16x8_t low =
      vmlal_s8(vmull_s8(vget_low_s8(a0), vget_low_s8(w0)), vget_low_s8(a1), vget_low_s8(w1));
  const int16x8_t high = vmlal_high_s8(vmull_high_s8(a0, w0), a1, w1);
  add_products(sums, low, high);
}

inline int8x16_t finish_block(const Sums& sums, const BlockHead& head, const Rounding& r) {
  return finish(sums.s, load_scales(head), r);
}

inline Sums bias_of(const BlockHead& head) {
  return {
      {vld1q_s32(head.bias), vld1q_s32(head.bias + 4), vld1q_s32(head.bias + 8), vld1q_s32(head.bias + 12)}};
}

// ---- Convolution of few inputs ---------------------------------------------------------------------------
//
// Packed: per block a BlockHead, then the taps' weights [taps, 16].

constexpr int32_t kFewTaps = 32;

bool has_few_taps(const ConvShape& shape) {
  return shape.segment_bytes < 8 && shape.segments * shape.segment_bytes <= kFewTaps;
}

int64_t few_block_bytes(const ConvShape& shape) {
  return static_cast<int64_t>(sizeof(BlockHead)) + shape.segments * shape.segment_bytes * kBlock;
}

void pack_few(const ConvShape& shape, const ConvWeights& w, uint8_t* to) {
  const int32_t taps = shape.segments * shape.segment_bytes;
  const auto weight_sum = [&](int32_t c) {
    int32_t sum = 0;
    for (int32_t i = 0; i < taps; ++i) sum += w.weights[c * taps + i];
    return sum;
  };
  for (int32_t first = 0; first < shape.channels; first += kBlock) {
    pack_head(w.scale, w.input_zero_point, first, shape.channels, weight_sum,
              reinterpret_cast<BlockHead*>(to));
    int8_t* weights = reinterpret_cast<int8_t*>(to + sizeof(BlockHead));
    for (int32_t i = 0; i < taps * kBlock; ++i) {
      const int32_t c = first + i % kBlock;
      weights[i] = c < shape.channels ? w.weights[c * taps + i / kBlock] : static_cast<int8_t>(0);
    }
    to += few_block_bytes(shape);
  }
}

// Where the input bytes of the taps are, in the order of the weights: found once per call, so that the loop
// over positions has one loop inside and not two.
struct Taps {
  int64_t offset[kFewTaps];
  int32_t count;
};

Taps find_taps(const ConvCall& call) {
  Taps taps;
  taps.count = 0;
  for (int32_t s = 0; s < call.shape.segments; ++s) {
    for (int32_t i = 0; i < call.shape.segment_bytes; ++i)
      taps.offset[taps.count++] = s * call.segment_stride + i;
  }
  return taps;
}

inline Sums few_sums(const BlockHead& head, const Taps& taps, const int8_t* input, const int8_t* weights) {
  Sums sums = bias_of(head);
  int32_t i = 0;
  for (; i + 1 < taps.count; i += 2, weights += 32) {
    add_two_taps(&sums, vld1q_dup_s8(input + taps.offset[i]), vld1q_s8(weights),
                 vld1q_dup_s8(input + taps.offset[i + 1]), vld1q_s8(weights + 16));
  }
  if (i < taps.count) add_tap(&sums, vld1q_dup_s8(input + taps.offset[i]), vld1q_s8(weights));
  return sums;
}

// 3 x 3 on one channel, what every network of ours begins with: the weights stay in registers.
void nine_tap_row(const ConvCall& call, const BlockHead& head, const int8_t* input, uint8_t* output,
                  int32_t count, const Rounding& r) {
  int8x16_t w[9];
  for (int32_t i = 0; i < 9; ++i) w[i] = vld1q_s8(reinterpret_cast<const int8_t*>(&head + 1) + 16 * i);
  const int64_t stride = call.segment_stride;
  for (int32_t column = 0; column < call.columns; ++column) {
    Sums sums = bias_of(head);
    const int8_t* x1 = input + stride;
    const int8_t* x2 = x1 + stride;
    add_two_taps(&sums, vld1q_dup_s8(input), w[0], vld1q_dup_s8(input + 1), w[1]);
    add_two_taps(&sums, vld1q_dup_s8(input + 2), w[2], vld1q_dup_s8(x1), w[3]);
    add_two_taps(&sums, vld1q_dup_s8(x1 + 1), w[4], vld1q_dup_s8(x1 + 2), w[5]);
    add_two_taps(&sums, vld1q_dup_s8(x2), w[6], vld1q_dup_s8(x2 + 1), w[7]);
    add_tap(&sums, vld1q_dup_s8(x2 + 2), w[8]);
    store_first(output, finish_block(sums, head, r), count);
    input += call.input_column_stride;
    output += call.shape.channels;
  }
}

void conv_few(const ConvCall& call, const Rounding& r) {
  const Taps taps = find_taps(call);
  const bool nine = call.shape.segments == 3 && call.shape.segment_bytes == 3;
  const uint8_t* packed = static_cast<const uint8_t*>(call.packed);
  for (int32_t first = 0; first < call.shape.channels;
       first += kBlock, packed += few_block_bytes(call.shape)) {
    const BlockHead& head = *reinterpret_cast<const BlockHead*>(packed);
    const int32_t count = smaller(kBlock, call.shape.channels - first);
    for (int32_t row = 0; row < call.rows; ++row) {
      const int8_t* input = values(call.input + row * call.input_row_stride);
      uint8_t* output = call.output_rows + row * call.output_row_stride + first;
      if (nine) {
        nine_tap_row(call, head, input, output, count, r);
        continue;
      }
      for (int32_t column = 0; column < call.columns; ++column) {
        const Sums sums = few_sums(head, taps, input, reinterpret_cast<const int8_t*>(&head + 1));
        store_first(output, finish_block(sums, head, r), count);
        input += call.input_column_stride;
        output += call.shape.channels;
      }
    }
  }
}

// ---- Convolution -----------------------------------------------------------------------------------------
//
// Packed: per 4 channels a Four, then per segment the weights of 16 inputs [4, 16] at a time, and of the last
// 8 or fewer inputs [4, 8]. Inputs beyond the segment have weights of 0: what is read there does not matter.

/// Rounding parameters of 4 channels.
struct Four {
  int32_t bias[4];
  int32_t shift[4];       // negative
  int16_t multiplier[8];  // the four, twice: two positions share a vector
};

// A segment is read as so many sixteens and, if has_eight(), eight more. A rest of 1 to 8 inputs is an
// eight; a longer one is a whole sixteen.
int32_t sixteens(const ConvShape& shape) {
  return (shape.segment_bytes + 7) / 16;
}
bool has_eight(const ConvShape& shape) {
  return shape.segment_bytes > 16 * sixteens(shape);
}
int64_t padded_segment(const ConvShape& shape) {
  return 16 * sixteens(shape) + (has_eight(shape) ? 8 : 0);
}

int64_t four_block_bytes(const ConvShape& shape) {
  return round_up(static_cast<int64_t>(sizeof(Four)) + shape.segments * padded_segment(shape) * 4, 16);
}

void pack_four(const ConvShape& shape, const ConvWeights& w, int32_t first, uint8_t* to) {
  Four* four = reinterpret_cast<Four*>(to);
  int8_t* weights = reinterpret_cast<int8_t*>(to + sizeof(Four));
  const int32_t length = shape.segments * shape.segment_bytes;
  for (int32_t n = 0; n < 4; ++n) {
    const int32_t c = first + n;
    const bool exists = c < shape.channels;
    const int8_t* from = w.weights + static_cast<int64_t>(c) * length;
    int32_t weight_sum = 0;
    for (int32_t i = 0; exists && i < length; ++i) weight_sum += from[i];
    four->bias[n] =
        exists ? w.scale.bias[c] + half_of(w.scale.shift[c]) - w.input_zero_point * weight_sum : 0;
    four->shift[n] = exists ? -static_cast<int32_t>(w.scale.shift[c]) : 0;
    four->multiplier[n] = four->multiplier[n + 4] = exists ? w.scale.multiplier[c] : static_cast<int16_t>(0);
    for (int32_t s = 0; s < shape.segments; ++s) {
      for (int32_t i = 0; i < padded_segment(shape); ++i) {
        const int32_t width = i < 16 * sixteens(shape) ? 16 : 8;
        const int64_t at = s * padded_segment(shape) * 4 + i / 16 * 64 + n * width + i % 16;
        weights[at] =
            exists && i < shape.segment_bytes ? from[s * shape.segment_bytes + i] : static_cast<int8_t>(0);
      }
    }
  }
}

// Lane n of the result is the sum of all lanes of sums[n].
inline int32x4_t four_sums(const int32x4_t* sums) {
  return vpaddq_s32(vpaddq_s32(sums[0], sums[1]), vpaddq_s32(sums[2], sums[3]));
}

/// What a row of tiles needs, by value: stores of bytes could otherwise change it.
struct ConvRow {
  int32_t segments;
  int32_t sixteens;
  bool eight;
  int64_t segment_stride;
  int64_t column_stride;
  int64_t channels;
  const Four* four;
  const int8_t* weights;
  int32_t count;  // channels of this block that exist
};

// The first `count` of four bytes. Out of line, as store_some() is.
__attribute__((noinline)) void store_four(uint8_t* output, uint32_t four, int32_t count) {
  for (int32_t i = 0; i < count; ++i) output[i] = static_cast<uint8_t>(four >> (8 * i));
}

template <int Columns>
inline void store_tile(uint8_t* output, int8x16_t bytes, const ConvRow& row) {
  const uint32x4_t fours = vreinterpretq_u32_s8(bytes);
  if (__builtin_expect(row.count < 4, 0)) {
    store_four(output, vgetq_lane_u32(fours, 0), row.count);
    if (Columns > 1) store_four(output + row.channels, vgetq_lane_u32(fours, 1), row.count);
    if (Columns > 2) store_four(output + 2 * row.channels, vgetq_lane_u32(fours, 2), row.count);
    if (Columns > 3) store_four(output + 3 * row.channels, vgetq_lane_u32(fours, 3), row.count);
    return;
  }
  vst1q_lane_u32(reinterpret_cast<uint32_t*>(output), fours, 0);
  if (Columns > 1) vst1q_lane_u32(reinterpret_cast<uint32_t*>(output + row.channels), fours, 1);
  if (Columns > 2) vst1q_lane_u32(reinterpret_cast<uint32_t*>(output + 2 * row.channels), fours, 2);
  if (Columns > 3) vst1q_lane_u32(reinterpret_cast<uint32_t*>(output + 3 * row.channels), fours, 3);
}

template <int Columns>
using TileSums = int32x4_t[Columns][4];

// Sixteen inputs of each position; the first sixteen set the sums, which saves clearing them. The bias is
// added at the end: here a sum's four lanes belong to one channel.
template <int Columns, bool kFirst>
inline void add_sixteen(TileSums<Columns>& sums, const int8_t** x, const int8_t* weights) {
  const int8x16x4_t w = load_four(weights);
#pragma GCC unroll 4
  for (int p = 0; p < Columns; ++p) {
    const int8x16_t a = vld1q_s8(x[p]);
    x[p] += 16;
#pragma GCC unroll 4
    for (int n = 0; n < 4; ++n) {
      const int16x8_t products = vmlal_high_s8(vmull_s8(vget_low_s8(a), vget_low_s8(w.val[n])), a, w.val[n]);
      sums[p][n] = kFirst ? vpaddlq_s16(products) : vpadalq_s16(sums[p][n], products);
    }
  }
}

inline int8x8x4_t load_four_halves(const int8_t* from) {
#if defined(__aarch64__)
  return vld1_s8_x4(from);
#else
  return {{vld1_s8(from), vld1_s8(from + 8), vld1_s8(from + 16), vld1_s8(from + 24)}};
#endif
}

template <int Columns, bool kFirst>
inline void add_eight(TileSums<Columns>& sums, const int8_t** x, const int8_t* weights) {
  const int8x8x4_t w = load_four_halves(weights);
#pragma GCC unroll 4
  for (int p = 0; p < Columns; ++p) {
    const int8x8_t a = vld1_s8(x[p]);
#pragma GCC unroll 4
    for (int n = 0; n < 4; ++n) {
      const int16x8_t products = vmull_s8(a, w.val[n]);
      sums[p][n] = kFirst ? vpaddlq_s16(products) : vpadalq_s16(sums[p][n], products);
    }
  }
}

// One segment of `Columns` positions. Returns the weights after it.
template <int Columns, bool kFirst>
inline const int8_t* add_segment(TileSums<Columns>& sums, const ConvRow& row, const int8_t* input,
                                 const int8_t* weights) {
  const int8_t* x[Columns];
#pragma GCC unroll 4
  for (int p = 0; p < Columns; ++p) x[p] = input + p * row.column_stride;
  int32_t left = row.sixteens;
  if (kFirst) {
    if (left == 0) {
      add_eight<Columns, true>(sums, x, weights);
      return weights + 32;
    }
    add_sixteen<Columns, true>(sums, x, weights);
    weights += 64;
    --left;
  }
  for (; left > 0; --left, weights += 64) add_sixteen<Columns, false>(sums, x, weights);
  if (row.eight) {
    add_eight<Columns, false>(sums, x, weights);
    weights += 32;
  }
  return weights;
}

template <int Columns>
inline void conv_tile(const ConvRow& row, const int8_t* input, uint8_t* output, const Rounding& r) {
  TileSums<Columns> sums;
  const int8_t* weights = add_segment<Columns, true>(sums, row, input, row.weights);
  for (int32_t s = row.segments; s > 1; --s) {
    input += row.segment_stride;
    weights = add_segment<Columns, false>(sums, row, input, weights);
  }
  const int32x4_t bias = vld1q_s32(row.four->bias);
  const int32x4_t shift = vld1q_s32(row.four->shift);
  const int16x8_t multiplier = vld1q_s16(row.four->multiplier);
  int32x4_t t[4];
#pragma GCC unroll 4
  for (int p = 0; p < Columns; ++p) t[p] = vaddq_s32(four_sums(sums[p]), bias);
#pragma GCC unroll 4
  for (int p = Columns; p < 4; ++p) t[p] = t[0];  // anything defined: store_tile() leaves these out
  const int16x8_t low = scaled(shifted(t[0], t[1], shift, shift), multiplier, r);
  const int16x8_t high = Columns > 2 ? scaled(shifted(t[2], t[3], shift, shift), multiplier, r) : low;
  store_tile<Columns>(output, to_bytes(low, high, r), row);
}

void conv_row(const ConvRow& all, int32_t columns, const int8_t* input, uint8_t* output,
              const Rounding& rounding) {
  const ConvRow row = all;
  const Rounding r = rounding;
  int32_t left = columns;
#if defined(__aarch64__)
  for (; left >= 4; left -= 4) {
    conv_tile<4>(row, input, output, r);
    input += 4 * row.column_stride;
    output += 4 * row.channels;
  }
  if (left == 3) conv_tile<3>(row, input, output, r);
  if (left == 2) conv_tile<2>(row, input, output, r);
#else
  // Half of the registers: the sums of four positions would fill them.
  for (; left >= 2; left -= 2) {
    conv_tile<2>(row, input, output, r);
    input += 2 * row.column_stride;
    output += 2 * row.channels;
  }
#endif
  if (left == 1) conv_tile<1>(row, input, output, r);
}

int64_t conv_packed_bytes(const ConvShape& shape) {
  return has_few_taps(shape) ? (shape.channels + kBlock - 1) / kBlock * few_block_bytes(shape)
                             : (shape.channels + 3) / 4 * four_block_bytes(shape);
}

void pack_conv(const ConvShape& shape, const ConvWeights& w, void* packed) {
  uint8_t* to = static_cast<uint8_t*>(packed);
  if (has_few_taps(shape)) {
    pack_few(shape, w, to);
    return;
  }
  for (int32_t first = 0; first < shape.channels; first += 4, to += four_block_bytes(shape)) {
    pack_four(shape, w, first, to);
  }
}

void conv(const ConvCall& call) {
  const Rounding r = make_rounding(call.output);
  if (has_few_taps(call.shape)) {
    conv_few(call, r);
    return;
  }
  ConvRow block;
  block.segments = call.shape.segments;
  block.sixteens = sixteens(call.shape);
  block.eight = has_eight(call.shape);
  block.segment_stride = call.segment_stride;
  block.column_stride = call.input_column_stride;
  block.channels = call.shape.channels;
  const uint8_t* packed = static_cast<const uint8_t*>(call.packed);
  for (int32_t first = 0; first < call.shape.channels; first += 4, packed += four_block_bytes(call.shape)) {
    block.four = reinterpret_cast<const Four*>(packed);
    block.weights = reinterpret_cast<const int8_t*>(packed + sizeof(Four));
    block.count = smaller(4, call.shape.channels - first);
    for (int32_t row = 0; row < call.rows; ++row) {
      conv_row(block, call.columns, values(call.input + row * call.input_row_stride),
               call.output_rows + row * call.output_row_stride + first, r);
    }
  }
}

// ---- Depthwise -------------------------------------------------------------------------------------------
//
// Packed: per block a BlockHead, then the taps' weights [taps, 16].

int32_t taps(const DepthwiseShape& shape) {
  return shape.kernel_t * shape.kernel_f;
}

int64_t depthwise_block_bytes(const DepthwiseShape& shape) {
  return static_cast<int64_t>(sizeof(BlockHead)) + taps(shape) * kBlock;
}

int64_t depthwise_packed_bytes(const DepthwiseShape& shape) {
  return (shape.channels + kBlock - 1) / kBlock * depthwise_block_bytes(shape);
}

int64_t depthwise_scratch_bytes(const DepthwiseShape&, int32_t) {
  return 0;
}

void pack_depthwise(const DepthwiseShape& shape, const DepthwiseWeights& w, void* packed) {
  uint8_t* to = static_cast<uint8_t*>(packed);
  const auto weight_sum = [&](int32_t c) {
    int32_t sum = 0;
    for (int32_t i = 0; i < taps(shape); ++i) sum += w.weights[static_cast<int64_t>(i) * shape.channels + c];
    return sum;
  };
  for (int32_t first = 0; first < shape.channels; first += kBlock, to += depthwise_block_bytes(shape)) {
    pack_head(w.scale, w.input_zero_point, first, shape.channels, weight_sum,
              reinterpret_cast<BlockHead*>(to));
    int8_t* weights = reinterpret_cast<int8_t*>(to + sizeof(BlockHead));
    for (int32_t i = 0; i < taps(shape) * kBlock; ++i) {
      const int32_t c = first + i % kBlock;
      weights[i] = c < shape.channels ? w.weights[static_cast<int64_t>(i / kBlock) * shape.channels + c]
                                      : static_cast<int8_t>(0);
    }
  }
}

void depthwise_column(const DepthwiseCall& call, const BlockHead& head, const int8_t* input, uint8_t* output,
                      int32_t count, const Rounding& r) {
  const int8_t* weights = reinterpret_cast<const int8_t*>(&head + 1);
  const int64_t channels = call.shape.channels;
  Sums sums = bias_of(head);
  for (int32_t t = 0; t < call.shape.kernel_t; ++t, input += call.kernel_row_stride) {
    const int8_t* x = input;
    int32_t f = 0;
    for (; f + 1 < call.shape.kernel_f; f += 2, x += 2 * channels, weights += 32) {
      add_two_taps(&sums, vld1q_s8(x), vld1q_s8(weights), vld1q_s8(x + channels), vld1q_s8(weights + 16));
    }
    if (f < call.shape.kernel_f) {
      add_tap(&sums, vld1q_s8(x), vld1q_s8(weights));
      weights += 16;
    }
  }
  store_first(output, finish_block(sums, head, r), count);
}

// The kernel that most networks use: its weights stay in registers over a row of output.
void three_by_three_row(const DepthwiseCall& call, const BlockHead& head, const int8_t* input,
                        uint8_t* output, int32_t count, const Rounding& r) {
  int8x16_t w[9];
  for (int32_t i = 0; i < 9; ++i) w[i] = vld1q_s8(reinterpret_cast<const int8_t*>(&head + 1) + 16 * i);
  const int64_t channels = call.shape.channels;
  const int64_t step = call.stride_f * channels;
  const int8_t* x0 = input;
  const int8_t* x1 = x0 + call.kernel_row_stride;
  const int8_t* x2 = x1 + call.kernel_row_stride;
  for (int32_t column = 0; column < call.columns; ++column) {
    Sums sums = bias_of(head);
    add_two_taps(&sums, vld1q_s8(x0), w[0], vld1q_s8(x1), w[3]);
    add_two_taps(&sums, vld1q_s8(x2), w[6], vld1q_s8(x0 + channels), w[1]);
    add_two_taps(&sums, vld1q_s8(x1 + channels), w[4], vld1q_s8(x2 + channels), w[7]);
    add_two_taps(&sums, vld1q_s8(x0 + 2 * channels), w[2], vld1q_s8(x1 + 2 * channels), w[5]);
    add_tap(&sums, vld1q_s8(x2 + 2 * channels), w[8]);
    store_first(output, finish_block(sums, head, r), count);
    x0 += step;
    x1 += step;
    x2 += step;
    output += channels;
  }
}

void depthwise(const DepthwiseCall& call) {
  const Rounding r = make_rounding(call.output);
  const int64_t channels = call.shape.channels;
  const bool three_by_three = call.shape.kernel_t == 3 && call.shape.kernel_f == 3;
  const uint8_t* packed = static_cast<const uint8_t*>(call.packed);
  for (int32_t first = 0; first < call.shape.channels;
       first += kBlock, packed += depthwise_block_bytes(call.shape)) {
    const BlockHead& head = *reinterpret_cast<const BlockHead*>(packed);
    const int32_t count = smaller(kBlock, call.shape.channels - first);
    for (int32_t row = 0; row < call.rows; ++row) {
      const int8_t* input = values(call.input + row * call.input_row_stride) + first;
      uint8_t* output = call.output_rows + row * call.output_row_stride + first;
      if (three_by_three) {
        three_by_three_row(call, head, input, output, count, r);
        continue;
      }
      for (int32_t column = 0; column < call.columns; ++column) {
        depthwise_column(call, head, input + column * call.stride_f * channels, output + column * channels,
                         count, r);
      }
    }
  }
}

// ---- The rest ------------------------------------------------------------------------------------------

// 64 times the scaled difference: (difference * 128) * multiplier / 2^15 in one sqrdmulh, as the reference
// has it.
inline int16x8_t scaled_difference(int8x8_t values, int16x8_t zero, int16x8_t multiplier) {
  return vqrdmulhq_s16(vshlq_n_s16(vsubq_s16(vmovl_s8(values), zero), 7), multiplier);
}

void add(const AddCall& call) {
  const Rounding r = make_rounding(call.output);
  const int16x8_t a_zero = vdupq_n_s16(static_cast<int16_t>(call.a_zero_point));
  const int16x8_t b_zero = vdupq_n_s16(static_cast<int16_t>(call.b_zero_point));
  const int16x8_t a_multiplier = vdupq_n_s16(static_cast<int16_t>(call.a_multiplier));
  const int16x8_t b_multiplier = vdupq_n_s16(static_cast<int16_t>(call.b_multiplier));
  for (int64_t i = 0; i < call.count; i += 16) {
    const int8x16_t a = vld1q_s8(values(call.a + i));
    const int8x16_t b = vld1q_s8(values(call.b + i));
    const int16x8_t low = vqaddq_s16(scaled_difference(vget_low_s8(a), a_zero, a_multiplier),
                                     scaled_difference(vget_low_s8(b), b_zero, b_multiplier));
    const int16x8_t high = vqaddq_s16(scaled_difference(vget_high_s8(a), a_zero, a_multiplier),
                                      scaled_difference(vget_high_s8(b), b_zero, b_multiplier));
    const int8x16_t y = to_bytes(vqaddq_s16(low, r.zero), vqaddq_s16(high, r.zero), r);
    store_first(call.result + i, y, smaller(kBlock, static_cast<int32_t>(call.count - i)));
  }
}

// Eight channels at a time, and those that are left one by one: a row of the last feature map is seldom wide
// enough for this to matter.
void sum(const SumCall& call) {
  const int32_t zero = -call.columns * call.input_zero_point;
  const auto keep = [&](int32_t c, int32x4_t sums) {
    if (call.total != nullptr) {
      const int32x4_t change = vsubq_s32(sums, vld1q_s32(call.sums + c));
      vst1q_s32(call.total + c, vaddq_s32(vld1q_s32(call.total + c), change));
    }
    vst1q_s32(call.sums + c, sums);
  };
  int32_t c = 0;
  for (; c + 8 <= call.channels; c += 8) {
    int32x4_t low = vdupq_n_s32(zero);
    int32x4_t high = low;
    const int8_t* x = values(call.input) + c;
    for (int32_t column = 0; column < call.columns; ++column, x += call.channels) {
      const int16x8_t wide = vmovl_s8(vld1_s8(x));
      low = vaddw_s16(low, vget_low_s16(wide));
      high = vaddw_high_s16(high, wide);
    }
    keep(c, low);
    keep(c + 4, high);
  }
  for (; c < call.channels; ++c) {
    int32_t sum = zero;
    for (int32_t column = 0; column < call.columns; ++column) {
      sum += values(call.input)[static_cast<int64_t>(column) * call.channels + c];
    }
    if (call.total != nullptr) call.total[c] += sum - call.sums[c];
    call.sums[c] = sum;
  }
}

void mean(const MeanCall& call) {
  const Rounding r = make_rounding(call.output);
  const int32x4_t half = vdupq_n_s32(half_of(call.shift));
  const int32x4_t shift = vdupq_n_s32(-call.shift);
  const int16x8_t multiplier = vdupq_n_s16(static_cast<int16_t>(call.multiplier));
  const auto eight = [&](const int32_t* sums) {
    const int32x4_t low = vmlaq_n_s32(half, vld1q_s32(sums), call.gain);
    const int32x4_t high = vmlaq_n_s32(half, vld1q_s32(sums + 4), call.gain);
    return scaled(shifted(low, high, shift, shift), multiplier, r);
  };
  for (int32_t c = 0; c < call.channels; c += kBlock) {
    const int32_t count = smaller(kBlock, call.channels - c);
    int32_t some[kBlock] = {};
    const int32_t* sums = call.sums + c;
    if (count < kBlock) {
      for (int32_t i = 0; i < count; ++i) some[i] = sums[i];
      sums = some;
    }
    store_first(call.row + c, to_bytes(eight(sums), eight(sums + 8), r), count);
  }
}

// Once per window, so weights are not packed: their sums, which take the zero point out, are made on the way.
void dense(const DenseCall& call) {
  const int8x8_t one = vdup_n_s8(1);
  for (int32_t k = 0; k < call.outputs; ++k) {
    const int8_t* weights = call.weights + static_cast<int64_t>(k) * call.inputs;
    int32x4_t products = vdupq_n_s32(0);
    int32x4_t weight_sums = vdupq_n_s32(0);
    int32_t i = 0;
    for (; i + 8 <= call.inputs; i += 8) {
      const int8x8_t w = vld1_s8(weights + i);
      products = vpadalq_s16(products, vmull_s8(vld1_s8(values(call.input) + i), w));
      weight_sums = vpadalq_s16(weight_sums, vmull_s8(w, one));
    }
    int32_t total = call.bias[k] + vaddvq_s32(products) - call.input_zero_point * vaddvq_s32(weight_sums);
    for (; i < call.inputs; ++i) total += (values(call.input)[i] - call.input_zero_point) * weights[i];
    call.sums[k] = total;
  }
}

#if defined(__aarch64__)

// x + 128.5 is positive, so that truncation rounds half up. vcvtn would round ties to even, vcvta away from
// 0.
inline int32x4_t quantised(const float* frame, const float* gain, const float* shift) {
  const float32x4_t x = vaddq_f32(vmulq_f32(vld1q_f32(frame), vld1q_f32(gain)), vld1q_f32(shift));
  const float32x4_t lowest = vdupq_n_f32(-128.0F);
  // fmaxnm gives the number when the other operand is NaN.
  const float32x4_t bounded = vminq_f32(vmaxnmq_f32(x, lowest), vdupq_n_f32(127.0F));
  return vsubq_s32(vcvtq_s32_f32(vaddq_f32(bounded, vdupq_n_f32(128.5F))), vdupq_n_s32(128));
}

void quantise_row(const QuantiseCall& call, const float* frames, uint8_t* output) {
  int32_t i = 0;
  for (; i + 8 <= call.count; i += 8) {
    const int16x8_t narrow =
        vcombine_s16(vmovn_s32(quantised(frames + i, call.gain + i, call.shift + i)),
                     vmovn_s32(quantised(frames + i + 4, call.gain + i + 4, call.shift + i + 4)));
    vst1_s8(reinterpret_cast<int8_t*>(output + i), vmovn_s16(narrow));
  }
  for (; i < call.count; ++i) {
    const float frame[4] = {frames[i]};
    const float gain[4] = {call.gain[i]};
    const float shift[4] = {call.shift[i]};
    output[i] = static_cast<uint8_t>(vgetq_lane_s32(quantised(frame, gain, shift), 0));
  }
}

void quantise(const QuantiseCall& call) {
  for (int32_t row = 0; row < call.rows; ++row) {
    quantise_row(call, call.frames + static_cast<int64_t>(row) * call.count,
                 call.output_rows + row * call.output_row_stride);
  }
}

#else

// In 32 bits NEON takes numbers below the normal ones for zero. The scalar unit does not.
void quantise(const QuantiseCall& call) {
  reference::table().quantise(call);
}

#endif

}  // namespace

const Table& table() {
  static constexpr Table kTable = {
      .name = "neon",
      .stored_xor = 0,
      .window_step_frames = 32,
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

}  // namespace pupil::edge::kernels::neon
