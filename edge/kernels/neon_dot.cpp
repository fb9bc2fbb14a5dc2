// SPDX-License-Identifier: Apache-2.0
// 64-bit Arm with SDOT (Cortex-A76): sixteen products in one instruction, four neighbouring bytes into each
// of four 32-bit sums. What is not a sum of products is taken from the plain Arm table.
//
// 1. Channels go in blocks of sixteen. Vector v of a block's sums holds channels 4 v to 4 v + 3, so results
//    leave in channel order without a shuffle.
// 2. Packed weights come in quads of 64 bytes, [16 channels, 4]: four inputs (convolution) or four rows of
//    the kernel (depthwise) of each channel, filled up with zeros.
// 3. Loads may pass the end of an input row by up to kReadSlackBytes; what they bring meets weights of 0 or
//    is not stored. Stores write `count` channels and no more.
// 4. call.scratch belongs to one depthwise call: interleave_columns() fills it for one row of one block (or
//    two rows, see below), run_row() reads it, and nothing in it is used again.

#include <arm_neon.h>
#include <stdint.h>

#include "kernels/kernels.h"
#include "kernels/neon_block.h"

namespace pupil::edge::kernels::neon_dot {

namespace {

using namespace neon_block;

// ---- Convolution -----------------------------------------------------------------------------------------
//
// Packed: per block a BlockHead, then per segment and four inputs the weights [16 channels, 4].

int32_t quads(const ConvShape& shape) {
  return (shape.segment_bytes + 3) / 4;
}

int64_t conv_block_bytes(const ConvShape& shape) {
  return static_cast<int64_t>(sizeof(BlockHead)) +
         static_cast<int64_t>(shape.segments) * quads(shape) * 4 * kBlock;
}

int64_t conv_packed_bytes(const ConvShape& shape) {
  return (shape.channels + kBlock - 1) / kBlock * conv_block_bytes(shape);
}

void pack_conv(const ConvShape& shape, const ConvWeights& w, void* packed) {
  uint8_t* to = static_cast<uint8_t*>(packed);
  const int64_t length = static_cast<int64_t>(shape.segments) * shape.segment_bytes;
  const auto weight_sum = [&](int32_t c) {
    int32_t sum = 0;
    for (int64_t i = 0; i < length; ++i) sum += w.weights[c * length + i];
    return sum;
  };
  for (int32_t first = 0; first < shape.channels; first += kBlock, to += conv_block_bytes(shape)) {
    pack_head(w.scale, w.input_zero_point, first, shape.channels, weight_sum,
              reinterpret_cast<BlockHead*>(to));
    int8_t* weights = reinterpret_cast<int8_t*>(to + sizeof(BlockHead));
    for (int32_t s = 0; s < shape.segments; ++s) {
      for (int32_t i = 0; i < quads(shape) * 4 * kBlock; ++i) {
        const int32_t c = first + i / 4 % kBlock;
        const int32_t k = i / (4 * kBlock) * 4 + i % 4;
        const bool inside = c < shape.channels && k < shape.segment_bytes;
        *weights++ = inside ? w.weights[c * length + s * shape.segment_bytes + k] : static_cast<int8_t>(0);
      }
    }
  }
}

// Four inputs of each position, lane `Lane` of a[p]; the instruction broadcasts them to all channels.
template <int Lane, int Columns>
inline void add_quad(int32x4_t (&sums)[Columns][4], const int8x16_t* a, const int8_t* weights) {
  const int8x16x4_t w = vld1q_s8_x4(weights);
#pragma GCC unroll 8
  for (int p = 0; p < Columns; ++p) {
#pragma GCC unroll 8
    for (int v = 0; v < 4; ++v) sums[p][v] = vdotq_laneq_s32(sums[p][v], w.val[v], a[p], Lane);
  }
}

/// What a row of tiles needs, by value: stores of bytes could otherwise change it.
struct ConvRow {
  int32_t segments;
  int32_t quads;
  int64_t segment_stride;
  int64_t column_stride;
  int64_t channels;
  const BlockHead* head;
  const int8_t* weights;
  int32_t count;  // channels of this block that exist
};

// One segment of `Columns` positions: sixteen inputs at a time, then four. Returns the weights after it.
template <int Columns>
inline const int8_t* add_segment(int32x4_t (&sums)[Columns][4], const ConvRow& row, const int8_t* input,
                                 const int8_t* weights) {
  const int8_t* x[Columns];
#pragma GCC unroll 8
  for (int p = 0; p < Columns; ++p) x[p] = input + p * row.column_stride;
  int8x16_t a[Columns];
  for (int32_t left = row.quads / 4; left > 0; --left, weights += 16 * kBlock) {
#pragma GCC unroll 8
    for (int p = 0; p < Columns; ++p) {
      a[p] = vld1q_s8(x[p]);
      x[p] += 16;
    }
    add_quad<0, Columns>(sums, a, weights);
    add_quad<1, Columns>(sums, a, weights + 4 * kBlock);
    add_quad<2, Columns>(sums, a, weights + 8 * kBlock);
    add_quad<3, Columns>(sums, a, weights + 12 * kBlock);
  }
  // Up to twelve inputs are left; what is read beyond them has no weights.
  const int32_t left = row.quads % 4;
  if (left == 0) return weights;
#pragma GCC unroll 8
  for (int p = 0; p < Columns; ++p) a[p] = vld1q_s8(x[p]);
  add_quad<0, Columns>(sums, a, weights);
  if (left > 1) add_quad<1, Columns>(sums, a, weights + 4 * kBlock);
  if (left > 2) add_quad<2, Columns>(sums, a, weights + 8 * kBlock);
  return weights + left * 4 * kBlock;
}

template <int Columns>
inline void conv_tile(const ConvRow& row, const int8_t* input, uint8_t* output, const Scales& scales,
                      const Rounding& r) {
  int32x4_t sums[Columns][4];
#pragma GCC unroll 8
  for (int v = 0; v < 4; ++v) {
    const int32x4_t bias = vld1q_s32(row.head->bias + 4 * v);
#pragma GCC unroll 8
    for (int p = 0; p < Columns; ++p) sums[p][v] = bias;
  }
  const int8_t* weights = row.weights;
  for (int32_t s = row.segments; s > 0; --s, input += row.segment_stride) {
    weights = add_segment<Columns>(sums, row, input, weights);
  }
#pragma GCC unroll 8
  for (int p = 0; p < Columns; ++p)
    store_first(output + p * row.channels, finish(sums[p], scales, r), row.count);
}

void conv_row(const ConvRow& all, int32_t columns, const int8_t* input, uint8_t* output,
              const Rounding& rounding) {
  const ConvRow row = all;
  const Rounding r = rounding;
  const Scales scales = load_scales(*row.head);
  int32_t left = columns;
  for (; left >= 4; left -= 4) {
    conv_tile<4>(row, input, output, scales, r);
    input += 4 * row.column_stride;
    output += 4 * row.channels;
  }
  if (left == 3) conv_tile<3>(row, input, output, scales, r);
  if (left == 2) conv_tile<2>(row, input, output, scales, r);
  if (left == 1) conv_tile<1>(row, input, output, scales, r);
}

void conv(const ConvCall& call) {
  const Rounding r = make_rounding(call.output);
  ConvRow block;
  block.segments = call.shape.segments;
  block.quads = quads(call.shape);
  block.segment_stride = call.segment_stride;
  block.column_stride = call.input_column_stride;
  block.channels = call.shape.channels;
  const uint8_t* packed = static_cast<const uint8_t*>(call.packed);
  for (int32_t first = 0; first < call.shape.channels;
       first += kBlock, packed += conv_block_bytes(call.shape)) {
    block.head = reinterpret_cast<const BlockHead*>(packed);
    block.weights = reinterpret_cast<const int8_t*>(packed + sizeof(BlockHead));
    block.count = smaller(kBlock, call.shape.channels - first);
    for (int32_t row = 0; row < call.rows; ++row) {
      conv_row(block, call.columns, values(call.input + row * call.input_row_stride),
               call.output_rows + row * call.output_row_stride + first, r);
    }
  }
}

// ---- Depthwise -----------------------------------------------------------------------------------------
//
// SDOT sums four neighbouring bytes, and neighbours in memory are different channels. So a row of output
// first interleaves its input rows, four at a time, into scratch: four rows of one channel become neighbours,
// and each interleaved column serves kernel_f outputs. A kernel of up to three rows leaves one byte of four
// unused: where the time stride is 1, a fourth input row goes there and the same columns also give the next
// row of output, with weights shifted by one byte. That halves the interleaving.
//
// Packed: per block a BlockHead, then for each kernel column and each four kernel rows the weights
// [16 channels, 4]; for kernels of up to three rows all these weights again, shifted by one byte.

int32_t time_quads(int32_t kernel_t) {
  return (kernel_t + 3) / 4;
}

bool has_free_row(const DepthwiseShape& shape) {
  return shape.kernel_t <= 3;
}

int64_t depthwise_weight_bytes(const DepthwiseShape& shape) {
  return static_cast<int64_t>(shape.kernel_f) * time_quads(shape.kernel_t) * 4 * kBlock;
}

int64_t depthwise_block_bytes(const DepthwiseShape& shape) {
  return static_cast<int64_t>(sizeof(BlockHead)) +
         depthwise_weight_bytes(shape) * (has_free_row(shape) ? 2 : 1);
}

int64_t depthwise_packed_bytes(const DepthwiseShape& shape) {
  return (shape.channels + kBlock - 1) / kBlock * depthwise_block_bytes(shape);
}

int64_t depthwise_scratch_bytes(const DepthwiseShape& shape, int32_t input_columns) {
  return static_cast<int64_t>(input_columns) * time_quads(shape.kernel_t) * 4 * kBlock;
}

void pack_depthwise(const DepthwiseShape& shape, const DepthwiseWeights& w, void* packed) {
  uint8_t* to = static_cast<uint8_t*>(packed);
  const auto weight = [&](int32_t t, int32_t f, int32_t c) -> int32_t {
    if (t < 0 || t >= shape.kernel_t || c >= shape.channels) return 0;
    return w.weights[(static_cast<int64_t>(t) * shape.kernel_f + f) * shape.channels + c];
  };
  const auto weight_sum = [&](int32_t c) {
    int32_t sum = 0;
    for (int32_t t = 0; t < shape.kernel_t; ++t) {
      for (int32_t f = 0; f < shape.kernel_f; ++f) sum += weight(t, f, c);
    }
    return sum;
  };
  for (int32_t first = 0; first < shape.channels; first += kBlock, to += depthwise_block_bytes(shape)) {
    pack_head(w.scale, w.input_zero_point, first, shape.channels, weight_sum,
              reinterpret_cast<BlockHead*>(to));
    int8_t* weights = reinterpret_cast<int8_t*>(to + sizeof(BlockHead));
    for (int32_t later = 0; later < (has_free_row(shape) ? 2 : 1); ++later) {
      for (int32_t f = 0; f < shape.kernel_f; ++f) {
        for (int32_t quad = 0; quad < time_quads(shape.kernel_t); ++quad) {
          for (int32_t i = 0; i < 4 * kBlock; ++i) {
            *weights++ = static_cast<int8_t>(weight(4 * quad + i % 4 - later, f, first + i / 4));
          }
        }
      }
    }
  }
}

// scratch: [columns, time_quads, 16 channels, 4 rows]. Rows beyond the first kernel_t repeat the last one, so
// that nothing outside the tensor is read; their weights are 0.
void interleave_columns(const DepthwiseCall& call, const int8_t* input, int32_t kernel_t, int32_t columns,
                        int8_t* scratch) {
  const int64_t channels = call.shape.channels;
  const int32_t last = kernel_t - 1;
  for (int32_t t = 0; t <= last; t += 4) {
    const int8_t* r0 = input + t * call.kernel_row_stride;
    const int8_t* r1 = input + smaller(t + 1, last) * call.kernel_row_stride;
    const int8_t* r2 = input + smaller(t + 2, last) * call.kernel_row_stride;
    const int8_t* r3 = input + smaller(t + 3, last) * call.kernel_row_stride;
    int8_t* to = scratch + t * kBlock;
    for (int32_t column = 0; column < columns; ++column, to += time_quads(last + 1) * 4 * kBlock) {
      const int8x16_t a0 = vld1q_s8(r0 + column * channels);
      const int8x16_t a1 = vld1q_s8(r1 + column * channels);
      const int8x16_t a2 = vld1q_s8(r2 + column * channels);
      const int8x16_t a3 = vld1q_s8(r3 + column * channels);
      const int16x8_t low01 = vreinterpretq_s16_s8(vzip1q_s8(a0, a1));
      const int16x8_t high01 = vreinterpretq_s16_s8(vzip2q_s8(a0, a1));
      const int16x8_t low23 = vreinterpretq_s16_s8(vzip1q_s8(a2, a3));
      const int16x8_t high23 = vreinterpretq_s16_s8(vzip2q_s8(a2, a3));
      const int8x16x4_t all = {{vreinterpretq_s8_s16(vzip1q_s16(low01, low23)),
                                vreinterpretq_s8_s16(vzip2q_s16(low01, low23)),
                                vreinterpretq_s8_s16(vzip1q_s16(high01, high23)),
                                vreinterpretq_s8_s16(vzip2q_s16(high01, high23))}};
      vst1q_s8_x4(to, all);
    }
  }
}

struct DepthwiseRow {
  const BlockHead* head;
  const int8_t* weights;
  const int8_t* interleaved;
  int64_t column_step;
  int32_t columns;
  int32_t quads;
  int32_t count;
  uint8_t* output;
  int64_t channels;
};

inline void add_column(int32x4_t* sums, const int8_t* from, const int8x16x4_t& w) {
  const int8x16x4_t a = vld1q_s8_x4(from);
  for (int v = 0; v < 4; ++v) sums[v] = vdotq_s32(sums[v], a.val[v], w.val[v]);
}

// Three quads of weights (3 x 3) stay in registers.
void three_quad_row(const DepthwiseRow& row, const Rounding& rounding) {
  const Rounding r = rounding;
  const BlockHead& head = *row.head;
  const int8_t* weights = row.weights;
  const int8x16x4_t w0 = vld1q_s8_x4(weights);
  const int8x16x4_t w1 = vld1q_s8_x4(weights + 4 * kBlock);
  const int8x16x4_t w2 = vld1q_s8_x4(weights + 8 * kBlock);
  const Scales scales = load_scales(head);
  const int8_t* from = row.interleaved;
  uint8_t* output = row.output;
  for (int32_t column = 0; column < row.columns; ++column, from += row.column_step, output += row.channels) {
    int32x4_t sums[4];
    for (int v = 0; v < 4; ++v) sums[v] = vld1q_s32(head.bias + 4 * v);
    add_column(sums, from, w0);
    add_column(sums, from + 4 * kBlock, w1);
    add_column(sums, from + 8 * kBlock, w2);
    store_first(output, finish(sums, scales, r), row.count);
  }
}

void any_row(const DepthwiseRow& row, const Rounding& r) {
  const BlockHead& head = *row.head;
  const int8_t* weights = row.weights;
  const Scales scales = load_scales(head);
  const int8_t* from = row.interleaved;
  uint8_t* output = row.output;
  for (int32_t column = 0; column < row.columns; ++column, from += row.column_step, output += row.channels) {
    int32x4_t sums[4];
    for (int v = 0; v < 4; ++v) sums[v] = vld1q_s32(head.bias + 4 * v);
    for (int32_t quad = 0; quad < row.quads; ++quad) {
      add_column(sums, from + quad * 4 * kBlock, vld1q_s8_x4(weights + quad * 4 * kBlock));
    }
    store_first(output, finish(sums, scales, r), row.count);
  }
}

void run_row(const DepthwiseRow& row, const Rounding& r) {
  if (row.quads == 3) {
    three_quad_row(row, r);
  } else {
    any_row(row, r);
  }
}

// Rows in pairs where one interleaving gives two. Without a next row the free byte is read with weight 0.
void depthwise_block(const DepthwiseCall& call, DepthwiseRow row, int32_t first, const Rounding& r) {
  const DepthwiseShape& shape = call.shape;
  const int32_t columns_in = (call.columns - 1) * call.stride_f + shape.kernel_f;
  const int8_t* weights = reinterpret_cast<const int8_t*>(row.head + 1);
  const bool pairs = has_free_row(shape) && call.input_row_stride == call.kernel_row_stride;
  for (int32_t t = 0; t < call.rows; ++t) {
    const bool pair = pairs && t + 1 < call.rows;
    interleave_columns(call, values(call.input + t * call.input_row_stride) + first,
                       shape.kernel_t + (pair ? 1 : 0), columns_in, static_cast<int8_t*>(call.scratch));
    row.output = call.output_rows + t * call.output_row_stride + first;
    row.weights = weights;
    run_row(row, r);
    if (!pair) continue;
    ++t;
    row.output += call.output_row_stride;
    row.weights = weights + depthwise_weight_bytes(shape);
    run_row(row, r);
  }
}

void depthwise(const DepthwiseCall& call) {
  const Rounding r = make_rounding(call.output);
  const DepthwiseShape& shape = call.shape;
  DepthwiseRow row{};
  row.interleaved = static_cast<const int8_t*>(call.scratch);
  row.column_step = static_cast<int64_t>(call.stride_f) * time_quads(shape.kernel_t) * 4 * kBlock;
  row.columns = call.columns;
  row.quads = shape.kernel_f * time_quads(shape.kernel_t);
  row.channels = shape.channels;
  const uint8_t* packed = static_cast<const uint8_t*>(call.packed);
  for (int32_t first = 0; first < shape.channels; first += kBlock, packed += depthwise_block_bytes(shape)) {
    row.head = reinterpret_cast<const BlockHead*>(packed);
    row.count = smaller(kBlock, shape.channels - first);
    depthwise_block(call, row, first, r);
  }
}

}  // namespace

const Table& table() {
  static const Table kTable = [] {
    Table table = neon::table();
    table.name = "neon_dot";
    table.conv_packed_bytes = conv_packed_bytes;
    table.pack_conv = pack_conv;
    table.conv = conv;
    table.depthwise_packed_bytes = depthwise_packed_bytes;
    table.pack_depthwise = pack_depthwise;
    table.depthwise_scratch_bytes = depthwise_scratch_bytes;
    table.depthwise = depthwise;
    return table;
  }();
  return kTable;
}

}  // namespace pupil::edge::kernels::neon_dot
