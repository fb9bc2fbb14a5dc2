// SPDX-License-Identifier: Apache-2.0
// WebAssembly's 128-bit vectors: products of 16-bit values, two at a time (i32x4.dot_i16x8), which no input can
// overflow. Weights are widened when packed, activations on the way in.
//
// Relaxed SIMD also multiplies bytes, but one factor may have 7 bits only, and both of ours have 8: it would take two
// products for one (docs/everywhere.md).
//
// 1. Channels go in blocks of 16, four vectors of four sums, in channel order throughout.
// 2. Inputs and taps go in pairs. An odd one is paired with a weight of 0.
// 3. Loads may pass the end of an input row by up to kReadSlackBytes; what they bring meets weights of 0 or
//    is not stored. Stores write `count` channels and no more.
// 4. There is no shift by a number of its own for each lane. x >> s is (x * 2^(16 - s)) >> 16, exact once x is
//    bounded to where the result saturates anyway; shifts above 16 take 8 of theirs first (BlockHead::far).

#include <stdint.h>
#include <wasm_simd128.h>

#include "kernels/kernels.h"

namespace pupil::edge::kernels::wasm_simd {

namespace {

constexpr int32_t kBlock = 16;  // channels
constexpr int32_t kLanes = 4;
constexpr int32_t kVectors = 4;
constexpr int32_t kWeightBytes = kVectors * 16;  // of a pair of inputs or taps
constexpr int32_t kUniformShift = 16;
constexpr int32_t kFarShift = 8;

/// Packed in front of a block's weights. Channels that do not exist have zeros; their bytes are computed and not
/// stored.
struct BlockHead {
  int32_t bias[kBlock];  // with the input's zero point and half of the shift's unit
  int32_t low[kBlock];   // sums at or beyond these saturate at 16 bits
  int32_t high[kBlock];
  int32_t factor[kBlock];  // 2^(16 - shift)
  int32_t far[kBlock];     // all ones where the shift is above 16
  int16_t multiplier[kBlock];
  int32_t any_far;
  int32_t unused[7];  // the weights begin at a multiple of 64 bytes
};
static_assert(sizeof(BlockHead) % 64 == 0);

int32_t blocks(int32_t channels) {
  return (channels + kBlock - 1) / kBlock;
}
int32_t half_of(int32_t shift) {
  return shift > 0 ? 1 << (shift - 1) : 0;
}
int32_t smaller(int32_t a, int32_t b) {
  return a < b ? a : b;
}

/// An OutputRange in registers.
struct Rounding {
  v128_t offset;
  v128_t low;
  v128_t high;
};

Rounding make_rounding(const OutputRange& output) {
  return {wasm_i16x8_splat(static_cast<int16_t>(64 * output.zero_point + 32)),
          wasm_i8x16_splat(static_cast<int8_t>(output.clamp_min)),
          wasm_i8x16_splat(static_cast<int8_t>(output.clamp_max))};
}

void store_bytes(uint8_t* output, v128_t bytes, int32_t count) {
  if (count >= kBlock) {
    wasm_v128_store(output, bytes);
    return;
  }
  uint8_t all[kBlock];
  wasm_v128_store(all, bytes);
  for (int32_t i = 0; i < count; ++i) output[i] = all[i];
}

inline v128_t shifted(v128_t sum, const BlockHead& head, int32_t vector) {
  const int32_t first = kLanes * vector;
  if (head.any_far != 0)
    sum = wasm_v128_bitselect(wasm_i32x4_shr(sum, kFarShift), sum, wasm_v128_load(head.far + first));
  const v128_t bounded = wasm_i32x4_min(wasm_i32x4_max(sum, wasm_v128_load(head.low + first)),
                                        wasm_v128_load(head.high + first));
  return wasm_i32x4_shr(wasm_i32x4_mul(bounded, wasm_v128_load(head.factor + first)), kUniformShift);
}

inline v128_t scaled(const v128_t* sums, const BlockHead& head, int32_t half, const Rounding& r) {
  const v128_t t = wasm_i16x8_narrow_i32x4(shifted(sums[2 * half], head, 2 * half),
                                           shifted(sums[2 * half + 1], head, 2 * half + 1));
  // Multipliers are never -32768, so this is the rounding of the reference.
  const v128_t u = wasm_i16x8_q15mulr_sat(t, wasm_v128_load(head.multiplier + 8 * half));
  return wasm_i16x8_shr(wasm_i16x8_add_sat(u, r.offset), 6);
}

inline v128_t to_bytes(v128_t low, v128_t high, const Rounding& r) {
  return wasm_i8x16_min(wasm_i8x16_max(wasm_i8x16_narrow_i16x8(low, high), r.low), r.high);
}

inline void finish(const v128_t* sums, const BlockHead& head, const Rounding& r, int32_t count,
                   uint8_t* output) {
  store_bytes(output, to_bytes(scaled(sums, head, 0, r), scaled(sums, head, 1, r), r), count);
}

// `weight_sum(c)` is the sum of channel c's weights: the zero point of the input goes into the bias.
template <typename WeightSum>
void pack_head(const ChannelScale& scale, int32_t zero_point, int32_t first, int32_t channels,
               WeightSum weight_sum, BlockHead* head) {
  *head = BlockHead{};
  for (int32_t i = 0; i < smaller(kBlock, channels - first); ++i) {
    const int32_t c = first + i;
    const bool far = scale.shift[c] > kUniformShift;
    const int32_t shift = far ? scale.shift[c] - kFarShift : scale.shift[c];
    head->bias[i] = scale.bias[c] + half_of(scale.shift[c]) - zero_point * weight_sum(c);
    head->high[i] = static_cast<int32_t>((int64_t{1} << (15 + shift)) - 1);
    head->low[i] = -head->high[i] - 1;
    head->factor[i] = 1 << (kUniformShift - shift);
    head->far[i] = far ? -1 : 0;
    head->multiplier[i] = scale.multiplier[c];
    if (far) head->any_far = 1;
  }
}

// ---- Convolution ---------------------------------------------------------------------------------------
//
// Packed: per block a BlockHead, then per segment and pair of bytes four vectors of weight pairs.

int32_t pairs(const ConvShape& shape) {
  return (shape.segment_bytes + 1) / 2;
}

int64_t conv_block_bytes(const ConvShape& shape) {
  return static_cast<int64_t>(sizeof(BlockHead)) +
         static_cast<int64_t>(shape.segments) * pairs(shape) * kWeightBytes;
}

int64_t conv_packed_bytes(const ConvShape& shape) {
  return blocks(shape.channels) * conv_block_bytes(shape);
}

void pack_conv_block(const ConvShape& shape, const ConvWeights& w, int32_t first, uint8_t* packed) {
  const int64_t length = static_cast<int64_t>(shape.segments) * shape.segment_bytes;
  const auto weight_sum = [&](int32_t c) {
    int32_t sum = 0;
    for (int64_t i = 0; i < length; ++i) sum += w.weights[c * length + i];
    return sum;
  };
  pack_head(w.scale, w.input_zero_point, first, shape.channels, weight_sum,
            reinterpret_cast<BlockHead*>(packed));
  int16_t* to = reinterpret_cast<int16_t*>(packed + sizeof(BlockHead));
  for (int32_t s = 0; s < shape.segments; ++s) {
    for (int32_t pair = 0; pair < pairs(shape); ++pair) {
      for (int32_t i = 0; i < kBlock * 2; ++i) {
        const int32_t c = first + i / 2;
        const int32_t k = 2 * pair + i % 2;
        const bool inside = c < shape.channels && k < shape.segment_bytes;
        *to++ = inside ? w.weights[c * length + s * shape.segment_bytes + k] : static_cast<int16_t>(0);
      }
    }
  }
}

void pack_conv(const ConvShape& shape, const ConvWeights& w, void* packed) {
  uint8_t* to = static_cast<uint8_t*>(packed);
  for (int32_t first = 0; first < shape.channels; first += kBlock, to += conv_block_bytes(shape)) {
    pack_conv_block(shape, w, first, to);
  }
}

// `Columns` neighbouring positions times one block of channels, all sums in registers.
template <int Columns>
void conv_tile(const ConvCall& call, const uint8_t* input, const uint8_t* packed, int32_t count,
               const Rounding& r, uint8_t* output) {
  const BlockHead& head = *reinterpret_cast<const BlockHead*>(packed);
  const uint8_t* weights = packed + sizeof(BlockHead);
  v128_t sums[Columns][kVectors];
  for (int p = 0; p < Columns; ++p) {
    for (int v = 0; v < kVectors; ++v) sums[p][v] = wasm_v128_load(head.bias + kLanes * v);
  }
  for (int32_t s = 0; s < call.shape.segments; ++s, input += call.segment_stride) {
    // Unrolled, the compiler would hold the weights of several pairs at once, more than a processor has registers.
#pragma clang loop unroll(disable)
    for (int32_t i = 0; i < call.shape.segment_bytes; i += 2, weights += kWeightBytes) {
      v128_t a[Columns];
      for (int p = 0; p < Columns; ++p)
        a[p] = wasm_i16x8_extend_low_i8x16(wasm_v128_load16_splat(input + p * call.input_column_stride + i));
      for (int v = 0; v < kVectors; ++v) {
        const v128_t w = wasm_v128_load(weights + 16 * v);
        for (int p = 0; p < Columns; ++p)
          sums[p][v] = wasm_i32x4_add(sums[p][v], wasm_i32x4_dot_i16x8(a[p], w));
      }
    }
  }
  for (int p = 0; p < Columns; ++p) {
    finish(sums[p], head, r, count, output + static_cast<int64_t>(p) * call.shape.channels);
  }
}

void conv(const ConvCall& call) {
  const Rounding r = make_rounding(call.output);
  const uint8_t* packed = static_cast<const uint8_t*>(call.packed);
  for (int32_t first = 0; first < call.shape.channels;
       first += kBlock, packed += conv_block_bytes(call.shape)) {
    const int32_t count = smaller(kBlock, call.shape.channels - first);
    for (int32_t row = 0; row < call.rows; ++row) {
      const uint8_t* input = call.input + row * call.input_row_stride;
      uint8_t* output = call.output_rows + row * call.output_row_stride + first;
      int32_t column = 0;
      for (; column + 2 <= call.columns; column += 2) {
        conv_tile<2>(call, input, packed, count, r, output);
        input += 2 * call.input_column_stride;
        output += 2 * static_cast<int64_t>(call.shape.channels);
      }
      if (column < call.columns) conv_tile<1>(call, input, packed, count, r, output);
    }
  }
}

// ---- Depthwise -----------------------------------------------------------------------------------------
//
// Packed: per block a BlockHead, then per pair of taps four vectors of weight pairs.

int32_t taps(const DepthwiseShape& shape) {
  return shape.kernel_t * shape.kernel_f;
}

int64_t depthwise_block_bytes(const DepthwiseShape& shape) {
  return static_cast<int64_t>(sizeof(BlockHead)) + static_cast<int64_t>(taps(shape) + 1) / 2 * kWeightBytes;
}

int64_t depthwise_packed_bytes(const DepthwiseShape& shape) {
  return blocks(shape.channels) * depthwise_block_bytes(shape);
}

int64_t depthwise_scratch_bytes(const DepthwiseShape&, int32_t) {
  return 0;
}

void pack_depthwise_block(const DepthwiseShape& shape, const DepthwiseWeights& w, int32_t first,
                          uint8_t* packed) {
  const auto weight_sum = [&](int32_t c) {
    int32_t sum = 0;
    for (int32_t tap = 0; tap < taps(shape); ++tap)
      sum += w.weights[static_cast<int64_t>(tap) * shape.channels + c];
    return sum;
  };
  pack_head(w.scale, w.input_zero_point, first, shape.channels, weight_sum,
            reinterpret_cast<BlockHead*>(packed));
  int16_t* to = reinterpret_cast<int16_t*>(packed + sizeof(BlockHead));
  for (int32_t pair = 0; pair < (taps(shape) + 1) / 2; ++pair) {
    for (int32_t i = 0; i < kBlock * 2; ++i) {
      const int32_t c = first + i / 2;
      const int32_t tap = 2 * pair + i % 2;
      const bool inside = c < shape.channels && tap < taps(shape);
      *to++ = inside ? w.weights[static_cast<int64_t>(tap) * shape.channels + c] : static_cast<int16_t>(0);
    }
  }
}

void pack_depthwise(const DepthwiseShape& shape, const DepthwiseWeights& w, void* packed) {
  uint8_t* to = static_cast<uint8_t*>(packed);
  for (int32_t first = 0; first < shape.channels; first += kBlock, to += depthwise_block_bytes(shape)) {
    pack_depthwise_block(shape, w, first, to);
  }
}

// Two taps of sixteen channels: neighbours in the 16-bit vectors are one channel's.
inline void add_tap_pair(v128_t* sums, const uint8_t* even, const uint8_t* odd, const uint8_t* weights) {
  for (int half = 0; half < 2; ++half) {
    const v128_t a = wasm_i16x8_load8x8(even + 8 * half);
    const v128_t b = wasm_i16x8_load8x8(odd + 8 * half);
    const v128_t low = wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    const v128_t high = wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    const uint8_t* w = weights + 32 * half;
    sums[2 * half] = wasm_i32x4_add(sums[2 * half], wasm_i32x4_dot_i16x8(low, wasm_v128_load(w)));
    sums[2 * half + 1] =
        wasm_i32x4_add(sums[2 * half + 1], wasm_i32x4_dot_i16x8(high, wasm_v128_load(w + 16)));
  }
}

constexpr int32_t kMostTaps = 49;  // 7 x 7

void depthwise(const DepthwiseCall& call) {
  const Rounding r = make_rounding(call.output);
  const int64_t channels = call.shape.channels;
  const int32_t tap_count = taps(call.shape);
  // Where each tap's input is, found once per call. An odd last tap is read twice; the second has weight 0.
  int32_t offset[kMostTaps + 1];
  for (int32_t tap = 0; tap < tap_count; ++tap)
    offset[tap] = static_cast<int32_t>(tap / call.shape.kernel_f * call.kernel_row_stride +
                                       tap % call.shape.kernel_f * channels);
  offset[tap_count] = offset[tap_count - 1];
  const uint8_t* packed = static_cast<const uint8_t*>(call.packed);
  for (int32_t first = 0; first < call.shape.channels;
       first += kBlock, packed += depthwise_block_bytes(call.shape)) {
    const BlockHead& head = *reinterpret_cast<const BlockHead*>(packed);
    const int32_t count = smaller(kBlock, call.shape.channels - first);
    for (int32_t row = 0; row < call.rows; ++row) {
      const uint8_t* input = call.input + row * call.input_row_stride + first;
      uint8_t* output = call.output_rows + row * call.output_row_stride + first;
      for (int32_t column = 0; column < call.columns; ++column) {
        const uint8_t* weights = packed + sizeof(BlockHead);
        v128_t sums[kVectors];
        for (int v = 0; v < kVectors; ++v) sums[v] = wasm_v128_load(head.bias + kLanes * v);
        for (int32_t tap = 0; tap < tap_count; tap += 2, weights += kWeightBytes)
          add_tap_pair(sums, input + offset[tap], input + offset[tap + 1], weights);
        finish(sums, head, r, count, output);
        input += call.stride_f * channels;
        output += channels;
      }
    }
  }
}

// ---- The rest ------------------------------------------------------------------------------------------

inline v128_t scaled_difference(const uint8_t* bytes, v128_t zero, v128_t multiplier) {
  const v128_t difference = wasm_i16x8_sub(wasm_i16x8_load8x8(bytes), zero);
  return wasm_i16x8_q15mulr_sat(wasm_i16x8_shl(difference, 7), multiplier);
}

void add(const AddCall& call) {
  const Rounding r = make_rounding(call.output);
  const v128_t a_zero = wasm_i16x8_splat(static_cast<int16_t>(call.a_zero_point));
  const v128_t b_zero = wasm_i16x8_splat(static_cast<int16_t>(call.b_zero_point));
  const v128_t a_multiplier = wasm_i16x8_splat(static_cast<int16_t>(call.a_multiplier));
  const v128_t b_multiplier = wasm_i16x8_splat(static_cast<int16_t>(call.b_multiplier));
  for (int64_t i = 0; i < call.count; i += kBlock) {
    v128_t y[2];
    for (int half = 0; half < 2; ++half) {
      const v128_t a = scaled_difference(call.a + i + 8 * half, a_zero, a_multiplier);
      const v128_t b = scaled_difference(call.b + i + 8 * half, b_zero, b_multiplier);
      y[half] = wasm_i16x8_shr(wasm_i16x8_add_sat(wasm_i16x8_add_sat(a, b), r.offset), 6);
    }
    store_bytes(call.result + i, to_bytes(y[0], y[1], r),
                smaller(kBlock, static_cast<int32_t>(call.count - i)));
  }
}

void sum(const SumCall& call) {
  int32_t c = 0;
  for (; c + kLanes <= call.channels; c += kLanes) {
    v128_t total = wasm_i32x4_splat(-call.columns * call.input_zero_point);
    for (int32_t column = 0; column < call.columns; ++column) {
      const uint8_t* input = call.input + static_cast<int64_t>(column) * call.channels + c;
      const v128_t wide = wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(input));
      total = wasm_i32x4_add(total, wasm_i32x4_extend_low_i16x8(wide));
    }
    if (call.total != nullptr) {
      const v128_t change = wasm_i32x4_sub(total, wasm_v128_load(call.sums + c));
      wasm_v128_store(call.total + c, wasm_i32x4_add(wasm_v128_load(call.total + c), change));
    }
    wasm_v128_store(call.sums + c, total);
  }
  for (; c < call.channels; ++c) {
    int32_t total = -call.columns * call.input_zero_point;
    for (int32_t column = 0; column < call.columns; ++column) {
      total += static_cast<int8_t>(call.input[static_cast<int64_t>(column) * call.channels + c]);
    }
    if (call.total != nullptr) call.total[c] += total - call.sums[c];
    call.sums[c] = total;
  }
}

// Once per window, so weights are not packed.
void dense(const DenseCall& call) {
  const v128_t zero = wasm_i16x8_splat(static_cast<int16_t>(call.input_zero_point));
  for (int32_t k = 0; k < call.outputs; ++k) {
    const int8_t* weights = call.weights + static_cast<int64_t>(k) * call.inputs;
    v128_t total = wasm_i32x4_splat(0);
    int32_t i = 0;
    for (; i + 8 <= call.inputs; i += 8) {
      const v128_t a = wasm_i16x8_sub(wasm_i16x8_load8x8(call.input + i), zero);
      total = wasm_i32x4_add(total, wasm_i32x4_dot_i16x8(a, wasm_i16x8_load8x8(weights + i)));
    }
    int32_t rest = call.bias[k] + wasm_i32x4_extract_lane(total, 0) + wasm_i32x4_extract_lane(total, 1) +
                   wasm_i32x4_extract_lane(total, 2) + wasm_i32x4_extract_lane(total, 3);
    for (; i < call.inputs; ++i) {
      rest += (static_cast<int8_t>(call.input[i]) - call.input_zero_point) * weights[i];
    }
    call.sums[k] = rest;
  }
}

// Few values, and loops that the compiler turns into vectors here as well: the reference's own.
void mean(const MeanCall& call) {
  reference::table().mean(call);
}
void quantise(const QuantiseCall& call) {
  reference::table().quantise(call);
}

}  // namespace

const Table& table() {
  static constexpr Table kTable = {
      .name = "wasm_simd",
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

}  // namespace pupil::edge::kernels::wasm_simd
