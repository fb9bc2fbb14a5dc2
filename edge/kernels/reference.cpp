// SPDX-License-Identifier: Apache-2.0
// The specification of every operation: plain loops, never optimised. All other tables equal it bit for bit
// (equality_test.h), and docs/format.md says the same in formulas. It is also what runs where no other table
// can.
//
// 1. Every sum is exact in 32 bits, in any order: the model check bounds biases by 2^29 and dot products by
//    8192 terms of at most 255 * 127. So fast paths may add in the order they like.
// 2. Rounding happens in requantise() and in scaled_64(), add() and quantise() below, and nowhere else.
// 3. Shifts to the right of negative numbers round down, as C++20 says.

#include <stdint.h>

#include "kernels/kernels.h"

namespace pupil::edge::kernels::reference {

namespace {

// The reference reads weights where the file has them; "packing" only remembers where that is.
int64_t conv_packed_bytes(const ConvShape&) {
  return sizeof(ConvWeights);
}
int64_t depthwise_packed_bytes(const DepthwiseShape&) {
  return sizeof(DepthwiseWeights);
}
int64_t depthwise_scratch_bytes(const DepthwiseShape&, int32_t) {
  return 0;
}

void pack_conv(const ConvShape&, const ConvWeights& weights, void* packed) {
  *static_cast<ConvWeights*>(packed) = weights;
}

void pack_depthwise(const DepthwiseShape&, const DepthwiseWeights& weights, void* packed) {
  *static_cast<DepthwiseWeights*>(packed) = weights;
}

// stored_xor is 0 here: a byte is its value.
int32_t value(uint8_t byte) {
  return static_cast<int8_t>(byte);
}

int32_t clamp(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : x > high ? high : x;
}

uint8_t rounded(int32_t sum, const ChannelScale& scale, int32_t channel, const OutputRange& output) {
  return static_cast<uint8_t>(requantise(sum, scale.multiplier[channel], scale.shift[channel], output));
}

int32_t conv_sum(const ConvCall& call, const ConvWeights& w, const uint8_t* input, int32_t channel) {
  const ConvShape& shape = call.shape;
  int32_t sum = w.scale.bias[channel];
  for (int32_t s = 0; s < shape.segments; ++s) {
    const int64_t weights_at = (static_cast<int64_t>(channel) * shape.segments + s) * shape.segment_bytes;
    for (int32_t i = 0; i < shape.segment_bytes; ++i) {
      sum += (value(input[s * call.segment_stride + i]) - w.input_zero_point) * w.weights[weights_at + i];
    }
  }
  return sum;
}

void conv(const ConvCall& call) {
  const ConvWeights& w = *static_cast<const ConvWeights*>(call.packed);
  for (int32_t row = 0; row < call.rows; ++row) {
    for (int32_t column = 0; column < call.columns; ++column) {
      const uint8_t* input = call.input + row * call.input_row_stride + column * call.input_column_stride;
      uint8_t* output = call.output_rows + row * call.output_row_stride +
                        static_cast<int64_t>(column) * call.shape.channels;
      for (int32_t c = 0; c < call.shape.channels; ++c) {
        output[c] = rounded(conv_sum(call, w, input, c), w.scale, c, call.output);
      }
    }
  }
}

int32_t depthwise_sum(const DepthwiseCall& call, const DepthwiseWeights& w, const uint8_t* input,
                      int32_t channel) {
  const DepthwiseShape& shape = call.shape;
  int32_t sum = w.scale.bias[channel];
  for (int32_t t = 0; t < shape.kernel_t; ++t) {
    for (int32_t f = 0; f < shape.kernel_f; ++f) {
      const int64_t tap = static_cast<int64_t>(f) * shape.channels + channel;
      const int32_t x = value(input[t * call.kernel_row_stride + tap]);
      sum += (x - w.input_zero_point) *
             w.weights[static_cast<int64_t>(t) * shape.kernel_f * shape.channels + tap];
    }
  }
  return sum;
}

void depthwise(const DepthwiseCall& call) {
  const DepthwiseWeights& w = *static_cast<const DepthwiseWeights*>(call.packed);
  const int64_t channels = call.shape.channels;
  for (int32_t row = 0; row < call.rows; ++row) {
    for (int32_t column = 0; column < call.columns; ++column) {
      const uint8_t* input = call.input + row * call.input_row_stride + column * call.stride_f * channels;
      uint8_t* output = call.output_rows + row * call.output_row_stride + column * channels;
      for (int32_t c = 0; c < call.shape.channels; ++c) {
        output[c] = rounded(depthwise_sum(call, w, input, c), w.scale, c, call.output);
      }
    }
  }
}

// Why 64 times: two differences are added before the last rounding, so each keeps six bits of its fraction.
// (difference * 128) * multiplier / 2^15, rounded: 64 times the scaled difference, for multiplier / 2^14.
int32_t scaled_64(int32_t difference, int32_t multiplier) {
  return (difference * 128 * multiplier + (1 << 14)) >> 15;
}

void add(const AddCall& call) {
  for (int64_t i = 0; i < call.count; ++i) {
    const int32_t a = scaled_64(value(call.a[i]) - call.a_zero_point, call.a_multiplier);
    const int32_t b = scaled_64(value(call.b[i]) - call.b_zero_point, call.b_multiplier);
    const int32_t y = call.output.zero_point + ((a + b + 32) >> 6);
    call.result[i] = static_cast<uint8_t>(clamp(y, call.output.clamp_min, call.output.clamp_max));
  }
}

void sum(const SumCall& call) {
  for (int32_t c = 0; c < call.channels; ++c) {
    int32_t sum = 0;
    for (int32_t column = 0; column < call.columns; ++column) {
      sum += value(call.input[static_cast<int64_t>(column) * call.channels + c]) - call.input_zero_point;
    }
    if (call.total != nullptr) call.total[c] += sum - call.sums[c];
    call.sums[c] = sum;
  }
}

void mean(const MeanCall& call) {
  for (int32_t c = 0; c < call.channels; ++c) {
    call.row[c] =
        static_cast<uint8_t>(requantise(call.gain * call.sums[c], call.multiplier, call.shift, call.output));
  }
}

void dense(const DenseCall& call) {
  for (int32_t k = 0; k < call.outputs; ++k) {
    const int8_t* weights = call.weights + static_cast<int64_t>(k) * call.inputs;
    int32_t total = call.bias[k];
    for (int32_t i = 0; i < call.inputs; ++i) {
      total += (value(call.input[i]) - call.input_zero_point) * weights[i];
    }
    call.sums[k] = total;
  }
}

// Compiled without contraction: the product is rounded before the sum. The comparisons are written so that
// NaN fails the first and becomes -128. Truncation of a positive number is rounding down: no call of a C
// library is needed.
void quantise(const QuantiseCall& call) {
  for (int32_t row = 0; row < call.rows; ++row) {
    const float* frame = call.frames + static_cast<int64_t>(row) * call.count;
    uint8_t* output = call.output_rows + row * call.output_row_stride;
    for (int32_t i = 0; i < call.count; ++i) {
      const float scaled = frame[i] * call.gain[i];
      const float x = scaled + call.shift[i];
      const float above = x > -128.0F ? x : -128.0F;
      const float bounded = above < 127.0F ? above : 127.0F;
      output[i] = static_cast<uint8_t>(static_cast<int32_t>(bounded + 128.5F) - 128);
    }
  }
}

}  // namespace

// Saturated to 16 bits before the product: 15-bit multipliers then give exact 32-bit products, and every
// instruction set has that multiplication (pmulhrsw, sqrdmulh).
int32_t requantise(int32_t sum, int32_t multiplier, int32_t shift, const OutputRange& output) {
  const int32_t half = shift > 0 ? 1 << (shift - 1) : 0;
  const int32_t t = clamp((sum + half) >> shift, -32768, 32767);
  const int32_t u = (t * multiplier + (1 << 14)) >> 15;
  const int32_t y = output.zero_point + ((u + 32) >> 6);
  return clamp(y, output.clamp_min, output.clamp_max);
}

const Table& table() {
  static constexpr Table kTable = {
      .name = "reference",
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

}  // namespace pupil::edge::kernels::reference
