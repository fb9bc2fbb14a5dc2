// SPDX-License-Identifier: Apache-2.0
// Helium, the vectors of Cortex-M55 and M85: sixteen byte products and their sum in one instruction (vmladava).
//
// 1. As in arm_dsp.cpp: weights stay in the file, sums are of x * w, and the zero point is in the packed bias.
// 2. Convolution runs along the inputs, two positions by four channels; the last inputs of a segment are loaded under
//    a mask, which puts zeros behind them, so that neither inputs nor weights are read past their end.
// 3. Depthwise runs along the channels, sixteen at a time. Products of even and of odd channels come out in two
//    vectors of eight 16-bit numbers, and each is widened to two of four sums the same way: vector v of a block has
//    channels kFirst[v] + 4 * lane. Narrowing puts them back in order.
// 4. A 16-bit sum holds at most two products, 2 * 128 * 127 (the model check refuses weights of -128).
// 5. Integers alone: Helium's floats take denormals for zero, and the front end and quantise() are to give the bits of
//    other machines. The build says +nomve.fp.

#include "kernels/kernels.h"
#include "kernels/packed_size.h"

#if defined(PUPIL_KERNELS_ARM_MVE)

#include <arm_mve.h>
#include <stdint.h>

namespace pupil::edge::kernels::arm_mve {

namespace {

constexpr int32_t kBlock = 16;

inline int32_t smaller(int32_t a, int32_t b) {
  return a < b ? a : b;
}
inline int32_t half_of(int32_t shift) {
  return shift > 0 ? 1 << (shift - 1) : 0;
}
inline int32_t rounded_up(int32_t x, int32_t to) {
  return (x + to - 1) / to * to;
}

// ---- Convolution -----------------------------------------------------------------------------------------

struct Packed : WeightsInFile {
  Four* fours() { return reinterpret_cast<Four*>(this + 1); }
  const Four* fours() const { return reinterpret_cast<const Four*>(this + 1); }
};

int64_t conv_packed_bytes(const ConvShape& shape) {
  return conv_packed_bytes_of(shape.channels);
}

void pack_conv(const ConvShape& shape, const ConvWeights& w, void* packed) {
  Packed& to = *static_cast<Packed*>(packed);
  to.weights = w.weights;
  const int32_t length = shape.segments * shape.segment_bytes;
  for (int32_t c = 0; c < rounded_up(shape.channels, 4); ++c) {
    Four& four = to.fours()[c / 4];
    const int32_t lane = c % 4;
    const bool exists = c < shape.channels;
    int32_t sum = 0;
    for (int32_t i = 0; exists && i < length; ++i) sum += w.weights[c * length + i];
    four.bias[lane] = exists ? w.scale.bias[c] + half_of(w.scale.shift[c]) - w.input_zero_point * sum : 0;
    four.shift[lane] = exists ? -static_cast<int32_t>(w.scale.shift[c]) : 0;
    four.multiplier[lane] = exists ? w.scale.multiplier[c] : 0;
  }
}

/// reference::requantise() of four sums; both of its last shifts at once, as in arm_dsp.cpp.
struct Rounding {
  int32_t offset;
  int32x4_t low;
  int32x4_t high;
};

Rounding make_rounding(const OutputRange& output) {
  return {(1 << 14) + (64 * output.zero_point + 32) * (1 << 15), vdupq_n_s32(output.clamp_min),
          vdupq_n_s32(output.clamp_max)};
}

inline void store_four(uint8_t* output, int32x4_t sums, const Four& four, const Rounding& r, int32_t count) {
  const int32x4_t t = vshlq_s32(vaddq_s32(sums, vld1q_s32(four.bias)), vld1q_s32(four.shift));
  const int32x4_t bounded = vminq_s32(vmaxq_s32(t, vdupq_n_s32(-32768)), vdupq_n_s32(32767));
  const int32x4_t u = vaddq_n_s32(vmulq_s32(bounded, vld1q_s32(four.multiplier)), r.offset);
  const int32x4_t y = vminq_s32(vmaxq_s32(vshrq_n_s32(u, 21), r.low), r.high);
  vstrbq_p_s32(reinterpret_cast<int8_t*>(output), y, vctp32q(static_cast<uint32_t>(count)));
}

struct Conv {
  int32_t segments;
  int32_t bytes;
  int32_t segment_stride;
  int32_t column_stride;
  int32_t length;  // weights of a channel
  int32_t channels;
};

template <int Columns, int Outputs>
inline void add_tile(int32_t (&sums)[2][4], const Conv& conv, const uint8_t* input, const int8_t* weights) {
  for (int32_t s = conv.segments; s > 0; --s, input += conv.segment_stride, weights += conv.bytes) {
    const int8_t* x = reinterpret_cast<const int8_t*>(input);
    const int8_t* w = weights;
    int32_t left = conv.bytes;
    for (; left >= 16; left -= 16, x += 16, w += 16) {
      int8x16_t a[Columns];
#pragma GCC unroll 4
      for (int p = 0; p < Columns; ++p) a[p] = vld1q_s8(x + p * conv.column_stride);
#pragma GCC unroll 4
      for (int n = 0; n < Outputs; ++n) {
        const int8x16_t b = vld1q_s8(w + n * conv.length);
#pragma GCC unroll 4
        for (int p = 0; p < Columns; ++p) sums[p][n] = vmladavaq_s8(sums[p][n], a[p], b);
      }
    }
    if (left == 0) continue;
    const mve_pred16_t mask = vctp8q(static_cast<uint32_t>(left));
    int8x16_t a[Columns];
#pragma GCC unroll 4
    for (int p = 0; p < Columns; ++p) a[p] = vldrbq_z_s8(x + p * conv.column_stride, mask);
#pragma GCC unroll 4
    for (int n = 0; n < Outputs; ++n) {
      const int8x16_t b = vldrbq_z_s8(w + n * conv.length, mask);
#pragma GCC unroll 4
      for (int p = 0; p < Columns; ++p) sums[p][n] = vmladavaq_s8(sums[p][n], a[p], b);
    }
  }
}

template <int Columns>
void conv_columns(const Conv& conv, const Packed& packed, const uint8_t* input, uint8_t* output,
                  const Rounding& r) {
  for (int32_t c = 0; c < conv.channels; c += 4) {
    const int32_t count = smaller(4, conv.channels - c);
    const int8_t* const weights = packed.weights + c * conv.length;
    int32_t sums[2][4] = {};
    switch (count) {
      case 1: add_tile<Columns, 1>(sums, conv, input, weights); break;
      case 2: add_tile<Columns, 2>(sums, conv, input, weights); break;
      case 3: add_tile<Columns, 3>(sums, conv, input, weights); break;
      default: add_tile<Columns, 4>(sums, conv, input, weights);
    }
#pragma GCC unroll 2
    for (int p = 0; p < Columns; ++p) {
      const int32x4_t four = {sums[p][0], sums[p][1], sums[p][2], sums[p][3]};
      store_four(output + p * conv.channels + c, four, packed.fours()[c / 4], r, count);
    }
  }
}

void conv(const ConvCall& call) {
  const Packed& packed = *static_cast<const Packed*>(call.packed);
  const Rounding r = make_rounding(call.output);
  const Conv conv = {call.shape.segments,
                     call.shape.segment_bytes,
                     static_cast<int32_t>(call.segment_stride),
                     static_cast<int32_t>(call.input_column_stride),
                     call.shape.segments * call.shape.segment_bytes,
                     call.shape.channels};
  for (int32_t row = 0; row < call.rows; ++row) {
    const uint8_t* input = call.input + row * static_cast<int32_t>(call.input_row_stride);
    uint8_t* output = call.output_rows + row * static_cast<int32_t>(call.output_row_stride);
    int32_t left = call.columns;
    for (; left >= 2; left -= 2) {
      conv_columns<2>(conv, packed, input, output, r);
      input += 2 * conv.column_stride;
      output += 2 * conv.channels;
    }
    if (left == 1) conv_columns<1>(conv, packed, input, output, r);
  }
}

// ---- Depthwise -------------------------------------------------------------------------------------------

// Rule 3.
constexpr int32_t kFirst[4] = {0, 2, 1, 3};

struct PackedBlocks : WeightsInFile {
  Sixteen* blocks() { return reinterpret_cast<Sixteen*>(this + 1); }
  const Sixteen* blocks() const { return reinterpret_cast<const Sixteen*>(this + 1); }
};

int64_t depthwise_packed_bytes(const DepthwiseShape& shape) {
  return depthwise_packed_bytes_of(shape.channels);
}

int64_t depthwise_scratch_bytes(const DepthwiseShape&, int32_t) {
  return 0;
}

void pack_depthwise(const DepthwiseShape& shape, const DepthwiseWeights& w, void* packed) {
  PackedBlocks& to = *static_cast<PackedBlocks*>(packed);
  to.weights = w.weights;
  for (int32_t first = 0; first < shape.channels; first += kBlock) {
    Sixteen& block = to.blocks()[first / kBlock];
    for (int32_t i = 0; i < kBlock; ++i) {
      const int32_t vector = i / 4;
      const int32_t lane = i % 4;
      const int32_t in_block = kFirst[vector] + 4 * lane;
      const int32_t c = first + in_block;
      const bool exists = c < shape.channels;
      int32_t sum = 0;
      for (int32_t tap = 0; exists && tap < shape.kernel_t * shape.kernel_f; ++tap)
        sum += w.weights[tap * shape.channels + c];
      block.bias[vector][lane] =
          exists ? w.scale.bias[c] + half_of(w.scale.shift[c]) - w.input_zero_point * sum : 0;
      block.shift[vector][lane] = exists ? -static_cast<int32_t>(w.scale.shift[c]) : 0;
      block.multiplier[in_block % 2][in_block / 2] = exists ? w.scale.multiplier[c] : static_cast<int16_t>(0);
    }
  }
}

struct Depthwise {
  int32_t kernel_t;
  int32_t kernel_f;
  int32_t channels;
  int32_t kernel_row_stride;
};

inline int16x8_t shifted(int32x4_t low, int32x4_t high, const Sixteen& block, int32_t vector) {
  const int32x4_t a = vshlq_s32(low, vld1q_s32(block.shift[vector]));
  const int32x4_t b = vshlq_s32(high, vld1q_s32(block.shift[vector + 1]));
  return vqmovntq_s32(vqmovnbq_s32(vdupq_n_s16(0), a), b);
}

void block_position(const Depthwise& d, const Sixteen& block, const int8_t* input, const int8_t* weights,
                    uint8_t* output, const OutputRange& range, mve_pred16_t mask) {
  int32x4_t sums[4];
#pragma GCC unroll 4
  for (int v = 0; v < 4; ++v) sums[v] = vld1q_s32(block.bias[v]);
  for (int32_t t = d.kernel_t; t > 0; --t, input += d.kernel_row_stride) {
    const int8_t* x = input;
    int32_t f = d.kernel_f;
    while (f > 0) {
      int8x16_t a = vldrbq_z_s8(x, mask);
      int8x16_t w = vldrbq_z_s8(weights, mask);
      int16x8_t even = vmullbq_int_s8(a, w);
      int16x8_t odd = vmulltq_int_s8(a, w);
      x += d.channels;
      weights += d.channels;
      if (--f > 0) {
        a = vldrbq_z_s8(x, mask);
        w = vldrbq_z_s8(weights, mask);
        even = vaddq_s16(even, vmullbq_int_s8(a, w));
        odd = vaddq_s16(odd, vmulltq_int_s8(a, w));
        x += d.channels;
        weights += d.channels;
        --f;
      }
      sums[0] = vaddq_s32(sums[0], vmovlbq_s16(even));
      sums[1] = vaddq_s32(sums[1], vmovltq_s16(even));
      sums[2] = vaddq_s32(sums[2], vmovlbq_s16(odd));
      sums[3] = vaddq_s32(sums[3], vmovltq_s16(odd));
    }
  }
  const int16_t zero = static_cast<int16_t>(64 * range.zero_point);
  const int16x8_t even =
      vqaddq_n_s16(vqrdmulhq_s16(shifted(sums[0], sums[1], block, 0), vld1q_s16(block.multiplier[0])), zero);
  const int16x8_t odd =
      vqaddq_n_s16(vqrdmulhq_s16(shifted(sums[2], sums[3], block, 2), vld1q_s16(block.multiplier[1])), zero);
  int8x16_t y = vqrshrntq_n_s16(vqrshrnbq_n_s16(vdupq_n_s8(0), even, 6), odd, 6);
  y = vmaxq_s8(y, vdupq_n_s8(static_cast<int8_t>(range.clamp_min)));
  y = vminq_s8(y, vdupq_n_s8(static_cast<int8_t>(range.clamp_max)));
  vstrbq_p_s8(reinterpret_cast<int8_t*>(output), y, mask);
}

void depthwise(const DepthwiseCall& call) {
  const PackedBlocks& packed = *static_cast<const PackedBlocks*>(call.packed);
  const Depthwise d = {call.shape.kernel_t, call.shape.kernel_f, call.shape.channels,
                       static_cast<int32_t>(call.kernel_row_stride)};
  for (int32_t row = 0; row < call.rows; ++row) {
    const uint8_t* input = call.input + row * static_cast<int32_t>(call.input_row_stride);
    uint8_t* output = call.output_rows + row * static_cast<int32_t>(call.output_row_stride);
    for (int32_t first = 0; first < d.channels; first += kBlock) {
      const mve_pred16_t mask = vctp8q(static_cast<uint32_t>(d.channels - first));
      const Sixteen& block = packed.blocks()[first / kBlock];
      for (int32_t column = 0; column < call.columns; ++column)
        block_position(d, block,
                       reinterpret_cast<const int8_t*>(input) + column * call.stride_f * d.channels + first,
                       packed.weights + first, output + column * d.channels + first, call.output, mask);
    }
  }
}

// ---- The rest --------------------------------------------------------------------------------------------

void dense(const DenseCall& call) {
  for (int32_t k = 0; k < call.outputs; ++k) {
    const int8_t* weights = call.weights + k * call.inputs;
    int32_t products = 0;
    int32_t weight_sum = 0;
    for (int32_t i = 0; i < call.inputs; i += kBlock) {
      const mve_pred16_t mask = vctp8q(static_cast<uint32_t>(call.inputs - i));
      const int8x16_t w = vldrbq_z_s8(weights + i, mask);
      products =
          vmladavaq_s8(products, vldrbq_z_s8(reinterpret_cast<const int8_t*>(call.input) + i, mask), w);
      weight_sum = vaddvaq_s8(weight_sum, w);
    }
    call.sums[k] = call.bias[k] + products - call.input_zero_point * weight_sum;
  }
}

// Few values: the reference's own loops.
void add(const AddCall& call) {
  reference::table().add(call);
}
void sum(const SumCall& call) {
  reference::table().sum(call);
}
void mean(const MeanCall& call) {
  reference::table().mean(call);
}
void quantise(const QuantiseCall& call) {
  reference::table().quantise(call);
}

}  // namespace

const Table& table() {
  static constexpr Table kTable = {
      .name = "arm_mve",
      .stored_xor = 0,
      .window_step_frames = 16,
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

}  // namespace pupil::edge::kernels::arm_mve

#endif
