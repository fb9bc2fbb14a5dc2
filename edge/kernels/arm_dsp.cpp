// SPDX-License-Identifier: Apache-2.0
// Arm with two 16-bit products an instruction (smlad) and no vectors: Cortex-M4, M7, M33 with DSP, and ARM11.
// sxtb16 makes two 16-bit numbers of bytes 0 and 2 of a register, or, rotated, of bytes 1 and 3; both factors are
// taken apart in the same way, so that the order does not matter.
//
// 1. Weights stay in the file, in its order, which is often flash: RAM is what such a device has least of. "Packed"
//    is where they are, and a Channel for each channel.
// 2. Sums are of x * w; the zero point is in the packed bias: sum of (x - zero point) * w is that sum less zero
//    point * the sum of the weights.
// 3. Four bytes are loaded at any address, which these processors allow. Inputs may be read up to kReadSlackBytes
//    past a row's end, weights never past their last.

#include "kernels/kernels.h"
#include "kernels/packed_size.h"

#if defined(PUPIL_KERNELS_ARM_DSP)

#include <arm_acle.h>
#include <stdint.h>

namespace pupil::edge::kernels::arm_dsp {

namespace {

/// reference::requantise() in fewer steps: (t * multiplier + 2^14) >> 15, then (u + 64 * zero_point + 32) >> 6, are one
/// shift by 21 of t * multiplier + offset. That is at most 2^30 + 2^14 + 8160 * 2^15, below 2^31.
struct Rounding {
  int32_t offset;
  int32_t low;
  int32_t high;
};

Rounding make_rounding(const OutputRange& output) {
  return {(1 << 14) + (64 * output.zero_point + 32) * (1 << 15), output.clamp_min, output.clamp_max};
}

inline uint8_t rounded(int32_t sum, const Channel& channel, const Rounding& r) {
  const int32_t t = __ssat(sum >> channel.shift, 16);
  int32_t y = __smlabb(t, channel.multiplier, r.offset) >> 21;
  y = y < r.low ? r.low : y;
  y = y > r.high ? r.high : y;
  return static_cast<uint8_t>(y);
}

inline uint32_t load4(const void* bytes) {
  uint32_t word;
  __builtin_memcpy(&word, bytes, sizeof(word));
  return word;
}
inline int16x2_t even_bytes(uint32_t word) {
  return __sxtb16(static_cast<int8x4_t>(word));
}
inline int16x2_t odd_bytes(uint32_t word) {
  int16x2_t halves;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(halves) : "r"(word));
  return halves;
}

Channel channel_of(const ChannelScale& scale, int32_t c, int32_t zero_point, int32_t weight_sum) {
  const int32_t shift = scale.shift[c];
  const int32_t half = shift > 0 ? 1 << (shift - 1) : 0;
  return {scale.bias[c] + half - zero_point * weight_sum, scale.multiplier[c], static_cast<uint16_t>(shift)};
}

// ---- Convolution -----------------------------------------------------------------------------------------

struct Packed : WeightsInFile {
  Channel* channels() { return reinterpret_cast<Channel*>(this + 1); }
  const Channel* channels() const { return reinterpret_cast<const Channel*>(this + 1); }
};

int64_t conv_packed_bytes(const ConvShape& shape) {
  return packed_bytes(shape.channels);
}

void pack_conv(const ConvShape& shape, const ConvWeights& w, void* packed) {
  Packed& to = *static_cast<Packed*>(packed);
  to.weights = w.weights;
  const int32_t length = shape.segments * shape.segment_bytes;
  for (int32_t c = 0; c < shape.channels; ++c) {
    int32_t sum = 0;
    for (int32_t i = 0; i < length; ++i) sum += w.weights[c * length + i];
    to.channels()[c] = channel_of(w.scale, c, w.input_zero_point, sum);
  }
}

/// A convolution with strides of the machine's own width.
struct Conv {
  int32_t segments;
  int32_t bytes;
  int32_t segment_stride;
  int32_t column_stride;
  int32_t length;  // weights of a channel
};

// `Columns` positions by `Outputs` channels. Weights of the next channel are `length` bytes on.
template <int Columns, int Outputs>
inline void add_tile(int32_t (&sums)[Columns][Outputs], const Conv& conv, const uint8_t* input,
                     const int8_t* weights) {
  for (int32_t s = conv.segments; s > 0; --s, input += conv.segment_stride, weights += conv.bytes) {
    const uint8_t* x[Columns];
    const int8_t* w[Outputs];
#pragma GCC unroll 4
    for (int p = 0; p < Columns; ++p) x[p] = input + p * conv.column_stride;
#pragma GCC unroll 4
    for (int n = 0; n < Outputs; ++n) w[n] = weights + n * conv.length;
    const uint8_t* const fours_end = input + (conv.bytes & ~3);
    const uint8_t* const end = input + conv.bytes;
    while (x[0] < fours_end) {
      int16x2_t even[Columns];
      int16x2_t odd[Columns];
#pragma GCC unroll 4
      for (int p = 0; p < Columns; ++p) {
        const uint32_t four = load4(x[p]);
        even[p] = even_bytes(four);
        odd[p] = odd_bytes(four);
        x[p] += 4;
      }
#pragma GCC unroll 4
      for (int n = 0; n < Outputs; ++n) {
        const uint32_t four = load4(w[n]);
        const int16x2_t w_even = even_bytes(four);
        const int16x2_t w_odd = odd_bytes(four);
        w[n] += 4;
#pragma GCC unroll 4
        for (int p = 0; p < Columns; ++p)
          sums[p][n] = __smlad(odd[p], w_odd, __smlad(even[p], w_even, sums[p][n]));
      }
    }
    while (x[0] < end) {
#pragma GCC unroll 4
      for (int n = 0; n < Outputs; ++n) {
        const int32_t weight = *w[n]++;
#pragma GCC unroll 4
        for (int p = 0; p < Columns; ++p) sums[p][n] += static_cast<int8_t>(*x[p]) * weight;
      }
#pragma GCC unroll 4
      for (int p = 0; p < Columns; ++p) ++x[p];
    }
  }
}

template <int Columns, int Outputs>
void conv_tile(const Conv& conv, const Packed& packed, int32_t channel, const uint8_t* input, uint8_t* output,
               int32_t output_stride, const Rounding& r) {
  int32_t sums[Columns][Outputs];
  const Channel* const channels = packed.channels() + channel;
#pragma GCC unroll 4
  for (int n = 0; n < Outputs; ++n) {
#pragma GCC unroll 4
    for (int p = 0; p < Columns; ++p) sums[p][n] = channels[n].bias;
  }
  add_tile<Columns, Outputs>(sums, conv, input, packed.weights + channel * conv.length);
  output += channel;
#pragma GCC unroll 4
  for (int n = 0; n < Outputs; ++n) {
#pragma GCC unroll 4
    for (int p = 0; p < Columns; ++p) output[p * output_stride + n] = rounded(sums[p][n], channels[n], r);
  }
}

template <int Columns>
void conv_columns(const Conv& conv, const Packed& packed, int32_t channels, const uint8_t* input,
                  uint8_t* output, const Rounding& r) {
  int32_t c = 0;
  for (; c + 2 <= channels; c += 2) conv_tile<Columns, 2>(conv, packed, c, input, output, channels, r);
  if (c < channels) conv_tile<Columns, 1>(conv, packed, c, input, output, channels, r);
}

void conv(const ConvCall& call) {
  const Packed& packed = *static_cast<const Packed*>(call.packed);
  const Rounding r = make_rounding(call.output);
  const int32_t channels = call.shape.channels;
  const Conv conv = {call.shape.segments, call.shape.segment_bytes, static_cast<int32_t>(call.segment_stride),
                     static_cast<int32_t>(call.input_column_stride),
                     call.shape.segments * call.shape.segment_bytes};
  for (int32_t row = 0; row < call.rows; ++row) {
    const uint8_t* input = call.input + row * static_cast<int32_t>(call.input_row_stride);
    uint8_t* output = call.output_rows + row * static_cast<int32_t>(call.output_row_stride);
    int32_t left = call.columns;
    for (; left >= 2; left -= 2) {
      conv_columns<2>(conv, packed, channels, input, output, r);
      input += 2 * conv.column_stride;
      output += 2 * channels;
    }
    if (left == 1) conv_columns<1>(conv, packed, channels, input, output, r);
  }
}

// ---- Depthwise -------------------------------------------------------------------------------------------

int64_t depthwise_packed_bytes(const DepthwiseShape& shape) {
  return packed_bytes(shape.channels);
}

int64_t depthwise_scratch_bytes(const DepthwiseShape&, int32_t) {
  return 0;
}

void pack_depthwise(const DepthwiseShape& shape, const DepthwiseWeights& w, void* packed) {
  Packed& to = *static_cast<Packed*>(packed);
  to.weights = w.weights;
  for (int32_t c = 0; c < shape.channels; ++c) {
    int32_t sum = 0;
    for (int32_t i = 0; i < shape.kernel_t * shape.kernel_f; ++i) sum += w.weights[i * shape.channels + c];
    to.channels()[c] = channel_of(w.scale, c, w.input_zero_point, sum);
  }
}

/// A depthwise convolution with strides of the machine's own width.
struct Depthwise {
  int32_t kernel_t;
  int32_t kernel_f;
  int32_t channels;
  int32_t kernel_row_stride;
};

// Four neighbouring channels: bytes 0 and 2 of a word are channels 0 and 2.
void four_channels(const Depthwise& d, const Channel* channels, const uint8_t* input, const int8_t* weights,
                   uint8_t* output, const Rounding& r) {
  int32_t sums[4] = {channels[0].bias, channels[1].bias, channels[2].bias, channels[3].bias};
  for (int32_t t = d.kernel_t; t > 0; --t, input += d.kernel_row_stride) {
    const uint8_t* x = input;
    for (int32_t f = d.kernel_f; f > 0; --f, x += d.channels, weights += d.channels) {
      const uint32_t a = load4(x);
      const uint32_t w = load4(weights);
      const int16x2_t a_even = even_bytes(a);
      const int16x2_t w_even = even_bytes(w);
      const int16x2_t a_odd = odd_bytes(a);
      const int16x2_t w_odd = odd_bytes(w);
      sums[0] = __smlabb(a_even, w_even, sums[0]);
      sums[1] = __smlabb(a_odd, w_odd, sums[1]);
      sums[2] = __smlatt(a_even, w_even, sums[2]);
      sums[3] = __smlatt(a_odd, w_odd, sums[3]);
    }
  }
#pragma GCC unroll 4
  for (int n = 0; n < 4; ++n) output[n] = rounded(sums[n], channels[n], r);
}

void one_channel(const Depthwise& d, const Channel& channel, const uint8_t* input, const int8_t* weights,
                 uint8_t* output, const Rounding& r) {
  int32_t sum = channel.bias;
  for (int32_t t = d.kernel_t; t > 0; --t, input += d.kernel_row_stride) {
    const uint8_t* x = input;
    for (int32_t f = d.kernel_f; f > 0; --f, x += d.channels, weights += d.channels)
      sum += static_cast<int8_t>(*x) * *weights;
  }
  *output = rounded(sum, channel, r);
}

void depthwise(const DepthwiseCall& call) {
  const Packed& packed = *static_cast<const Packed*>(call.packed);
  const Rounding r = make_rounding(call.output);
  const Depthwise d = {call.shape.kernel_t, call.shape.kernel_f, call.shape.channels,
                       static_cast<int32_t>(call.kernel_row_stride)};
  for (int32_t row = 0; row < call.rows; ++row) {
    const uint8_t* input = call.input + row * static_cast<int32_t>(call.input_row_stride);
    uint8_t* output = call.output_rows + row * static_cast<int32_t>(call.output_row_stride);
    for (int32_t column = 0; column < call.columns; ++column) {
      int32_t c = 0;
      for (; c + 4 <= d.channels; c += 4)
        four_channels(d, packed.channels() + c, input + c, packed.weights + c, output + c, r);
      for (; c < d.channels; ++c)
        one_channel(d, packed.channels()[c], input + c, packed.weights + c, output + c, r);
      input += call.stride_f * d.channels;
      output += d.channels;
    }
  }
}

// ---- The rest --------------------------------------------------------------------------------------------

void dense(const DenseCall& call) {
  const uint32_t ones = 0x01010101U;
  for (int32_t k = 0; k < call.outputs; ++k) {
    const int8_t* weights = call.weights + k * call.inputs;
    int32_t sum = call.bias[k];
    int32_t weight_sum = 0;
    int32_t i = 0;
    for (; i + 4 <= call.inputs; i += 4) {
      const uint32_t x = load4(call.input + i);
      const uint32_t w = load4(weights + i);
      sum = __smlad(odd_bytes(x), odd_bytes(w), __smlad(even_bytes(x), even_bytes(w), sum));
      weight_sum =
          __smlad(odd_bytes(w), odd_bytes(ones), __smlad(even_bytes(w), even_bytes(ones), weight_sum));
    }
    sum -= call.input_zero_point * weight_sum;
    for (; i < call.inputs; ++i)
      sum += (static_cast<int8_t>(call.input[i]) - call.input_zero_point) * weights[i];
    call.sums[k] = sum;
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
      .name = "arm_dsp",
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

}  // namespace pupil::edge::kernels::arm_dsp

#endif
