// SPDX-License-Identifier: Apache-2.0
// AVX2: products of 16-bit values, two at a time (vpmaddwd), which no input can overflow. The byte version
// (vpmaddubsw) does twice as many but saturates its sums at 16 bits, so it could not equal the reference.
// Weights are widened when packed, activations on the way in.
//
// 1. Channels go in blocks of 32, four vectors of eight sums in the order of lane_channel(): the packs work
//    within 128-bit halves, and this is the order that they undo. After the first pack the 16-bit values are
//    in channel order, as BlockHead::multiplier is; after the second, two quarters are swapped back (0xD8).
// 2. Inputs and taps go in pairs. An odd one is paired with a weight of 0.
// 3. Loads may pass the end of an input row by up to kReadSlackBytes; what they bring meets weights of 0 or
//    is not stored. Stores write `count` channels and no more.

#include <immintrin.h>
#include <stdint.h>

#include "kernels/kernels.h"

namespace pupil::edge::kernels::avx2 {

namespace {

constexpr int32_t kBlock = 32;  // channels
constexpr int32_t kLanes = 8;
constexpr int32_t kVectors = 4;

/// Packed in front of a block's weights.
struct BlockHead {
  int32_t bias[kVectors][kLanes];   // with the input's zero point and half of the shift's unit
  int32_t shift[kVectors][kLanes];  // both in the order of lane_channel()
  int16_t multiplier[kBlock];       // in channel order
};

int32_t lane_channel(int32_t vector, int32_t lane) {
  return vector / 2 * 16 + lane / 4 * 8 + vector % 2 * 4 + lane % 4;
}

int32_t blocks(int32_t channels) {
  return (channels + kBlock - 1) / kBlock;
}
int32_t half_of(int32_t shift) {
  return shift > 0 ? 1 << (shift - 1) : 0;
}
int32_t smaller(int32_t a, int32_t b) {
  return a < b ? a : b;
}

struct Rounding {
  __m256i offset;
  __m256i low;
  __m256i high;
};

Rounding make_rounding(const OutputRange& output) {
  return {_mm256_set1_epi16(static_cast<int16_t>(64 * output.zero_point + 32)),
          _mm256_set1_epi8(static_cast<char>(output.clamp_min)),
          _mm256_set1_epi8(static_cast<char>(output.clamp_max))};
}

inline __m256i load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

void store_bytes(uint8_t* output, __m256i bytes, int32_t count) {
  if (count >= kBlock) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(output), bytes);
    return;
  }
  alignas(32) uint8_t all[kBlock];
  _mm256_store_si256(reinterpret_cast<__m256i*>(all), bytes);
  for (int32_t i = 0; i < count; ++i) output[i] = all[i];
}

inline __m256i scaled(__m256i sum0, __m256i sum1, const BlockHead& head, int32_t half, const Rounding& r) {
  const __m256i t = _mm256_packs_epi32(_mm256_srav_epi32(sum0, load(head.shift[2 * half])),
                                       _mm256_srav_epi32(sum1, load(head.shift[2 * half + 1])));
  const __m256i u = _mm256_mulhrs_epi16(t, load(head.multiplier + 16 * half));
  return _mm256_srai_epi16(_mm256_adds_epi16(u, r.offset), 6);
}

// Two halves of 16-bit results to 32 bytes in order.
inline __m256i to_bytes(__m256i low, __m256i high, const Rounding& r) {
  const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xD8);
  return _mm256_min_epi8(_mm256_max_epi8(bytes, r.low), r.high);
}

inline void finish(const __m256i* sums, const BlockHead& head, const Rounding& r, int32_t count,
                   uint8_t* output) {
  store_bytes(output, to_bytes(scaled(sums[0], sums[1], head, 0, r), scaled(sums[2], sums[3], head, 1, r), r),
              count);
}

// `weight_sum(c)` is the sum of channel c's weights: the zero point of the input goes into the bias.
template <typename WeightSum>
void pack_head(const ChannelScale& scale, int32_t zero_point, int32_t first, int32_t channels,
               WeightSum weight_sum, BlockHead* head) {
  for (int32_t v = 0; v < kVectors; ++v) {
    for (int32_t lane = 0; lane < kLanes; ++lane) {
      const int32_t c = first + lane_channel(v, lane);
      const bool exists = c < channels;
      head->bias[v][lane] = exists ? scale.bias[c] + half_of(scale.shift[c]) - zero_point * weight_sum(c) : 0;
      head->shift[v][lane] = exists ? scale.shift[c] : 0;
    }
  }
  for (int32_t i = 0; i < kBlock; ++i)
    head->multiplier[i] = first + i < channels ? scale.multiplier[first + i] : 0;
}

// ---- Convolution ---------------------------------------------------------------------------------------
//
// Packed: per block a BlockHead, then per segment and pair of bytes four vectors of weight pairs.

int32_t pairs(const ConvShape& shape) {
  return (shape.segment_bytes + 1) / 2;
}

int64_t conv_block_bytes(const ConvShape& shape) {
  return static_cast<int64_t>(sizeof(BlockHead)) +
         static_cast<int64_t>(shape.segments) * pairs(shape) * kBlock * 4;
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
        const int32_t c = first + lane_channel(i / 16, i / 2 % kLanes);
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

inline __m256i broadcast_pair(const uint8_t* bytes) {
  int16_t pair;
  __builtin_memcpy(&pair, bytes, sizeof(pair));
  return _mm256_cvtepi8_epi16(_mm_set1_epi16(pair));
}

// `Columns` neighbouring positions times one block of channels, all sums in registers.
template <int Columns>
void conv_tile(const ConvCall& call, const uint8_t* input, const uint8_t* packed, int32_t count,
               const Rounding& r, uint8_t* output) {
  const BlockHead& head = *reinterpret_cast<const BlockHead*>(packed);
  const uint8_t* weights = packed + sizeof(BlockHead);
  __m256i sums[Columns][kVectors];
  for (int p = 0; p < Columns; ++p) {
    for (int v = 0; v < kVectors; ++v) sums[p][v] = load(head.bias[v]);
  }
  for (int32_t s = 0; s < call.shape.segments; ++s, input += call.segment_stride) {
    for (int32_t i = 0; i < 2 * pairs(call.shape); i += 2, weights += kVectors * 32) {
      for (int p = 0; p < Columns; ++p) {
        const __m256i a = broadcast_pair(input + p * call.input_column_stride + i);
        for (int v = 0; v < kVectors; ++v) {
          sums[p][v] = _mm256_add_epi32(sums[p][v], _mm256_madd_epi16(a, load(weights + 32 * v)));
        }
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
  return static_cast<int64_t>(sizeof(BlockHead)) + static_cast<int64_t>(taps(shape) + 1) / 2 * kBlock * 4;
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
      const int32_t c = first + lane_channel(i / 16, i / 2 % kLanes);
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

inline __m256i widen(const uint8_t* bytes) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}

void depthwise_column(const DepthwiseCall& call, const uint8_t* input, const uint8_t* packed, int32_t count,
                      const Rounding& r, uint8_t* output) {
  const BlockHead& head = *reinterpret_cast<const BlockHead*>(packed);
  const uint8_t* weights = packed + sizeof(BlockHead);
  const int32_t tap_count = taps(call.shape);
  const auto tap_input = [&](int32_t tap) {
    return input + tap / call.shape.kernel_f * call.kernel_row_stride +
           static_cast<int64_t>(tap % call.shape.kernel_f) * call.shape.channels;
  };
  __m256i sums[kVectors];
  for (int v = 0; v < kVectors; ++v) sums[v] = load(head.bias[v]);
  for (int32_t tap = 0; tap < tap_count; tap += 2, weights += kVectors * 32) {
    const uint8_t* even = tap_input(tap);
    const uint8_t* odd = tap + 1 < tap_count ? tap_input(tap + 1) : even;  // its weight is 0
    for (int half = 0; half < 2; ++half) {
      const __m256i a = widen(even + 16 * half);
      const __m256i b = widen(odd + 16 * half);
      const int v = 2 * half;
      sums[v] =
          _mm256_add_epi32(sums[v], _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), load(weights + 32 * v)));
      sums[v + 1] = _mm256_add_epi32(
          sums[v + 1], _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), load(weights + 32 * (v + 1))));
    }
  }
  finish(sums, head, r, count, output);
}

void depthwise(const DepthwiseCall& call) {
  const Rounding r = make_rounding(call.output);
  const int64_t channels = call.shape.channels;
  const uint8_t* packed = static_cast<const uint8_t*>(call.packed);
  for (int32_t first = 0; first < call.shape.channels;
       first += kBlock, packed += depthwise_block_bytes(call.shape)) {
    const int32_t count = smaller(kBlock, call.shape.channels - first);
    for (int32_t row = 0; row < call.rows; ++row) {
      for (int32_t column = 0; column < call.columns; ++column) {
        const uint8_t* input =
            call.input + row * call.input_row_stride + column * call.stride_f * channels + first;
        uint8_t* output = call.output_rows + row * call.output_row_stride + column * channels + first;
        depthwise_column(call, input, packed, count, r, output);
      }
    }
  }
}

// ---- The rest ------------------------------------------------------------------------------------------

inline __m256i scaled_difference(__m256i values, __m256i zero, __m256i multiplier) {
  return _mm256_mulhrs_epi16(_mm256_slli_epi16(_mm256_sub_epi16(values, zero), 7), multiplier);
}

void add(const AddCall& call) {
  const Rounding r = make_rounding(call.output);
  const __m256i a_zero = _mm256_set1_epi16(static_cast<int16_t>(call.a_zero_point));
  const __m256i b_zero = _mm256_set1_epi16(static_cast<int16_t>(call.b_zero_point));
  const __m256i a_multiplier = _mm256_set1_epi16(static_cast<int16_t>(call.a_multiplier));
  const __m256i b_multiplier = _mm256_set1_epi16(static_cast<int16_t>(call.b_multiplier));
  for (int64_t i = 0; i < call.count; i += kBlock) {
    __m256i y[2];
    for (int half = 0; half < 2; ++half) {
      const __m256i a = scaled_difference(widen(call.a + i + 16 * half), a_zero, a_multiplier);
      const __m256i b = scaled_difference(widen(call.b + i + 16 * half), b_zero, b_multiplier);
      y[half] = _mm256_srai_epi16(_mm256_adds_epi16(_mm256_adds_epi16(a, b), r.offset), 6);
    }
    store_bytes(call.result + i, to_bytes(y[0], y[1], r),
                smaller(kBlock, static_cast<int32_t>(call.count - i)));
  }
}

void sum(const SumCall& call) {
  const int32_t zero = -call.columns * call.input_zero_point;
  int32_t c = 0;
  for (; c + kLanes <= call.channels; c += kLanes) {
    __m256i sums = _mm256_set1_epi32(zero);
    for (int32_t column = 0; column < call.columns; ++column) {
      const uint8_t* input = call.input + static_cast<int64_t>(column) * call.channels + c;
      sums = _mm256_add_epi32(sums,
                              _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(input))));
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
    for (int32_t column = 0; column < call.columns; ++column) {
      sum += static_cast<int8_t>(call.input[static_cast<int64_t>(column) * call.channels + c]);
    }
    if (call.total != nullptr) call.total[c] += sum - call.sums[c];
    call.sums[c] = sum;
  }
}

inline __m256i mean_of_16(const int32_t* sums, __m256i gain, __m256i half, __m128i shift, __m256i multiplier,
                          const Rounding& r) {
  const auto shifted = [&](const int32_t* from) {
    return _mm256_sra_epi32(_mm256_add_epi32(_mm256_mullo_epi32(load(from), gain), half), shift);
  };
  const __m256i t = _mm256_packs_epi32(shifted(sums), shifted(sums + kLanes));
  const __m256i in_order = _mm256_permute4x64_epi64(t, 0xD8);
  return _mm256_srai_epi16(_mm256_adds_epi16(_mm256_mulhrs_epi16(in_order, multiplier), r.offset), 6);
}

void mean(const MeanCall& call) {
  const Rounding r = make_rounding(call.output);
  const __m256i gain = _mm256_set1_epi32(call.gain);
  const __m256i half = _mm256_set1_epi32(half_of(call.shift));
  const __m128i shift = _mm_cvtsi32_si128(call.shift);
  const __m256i multiplier = _mm256_set1_epi16(static_cast<int16_t>(call.multiplier));
  for (int32_t c = 0; c < call.channels; c += kBlock) {
    const int32_t count = smaller(kBlock, call.channels - c);
    int32_t sums[kBlock] = {};
    for (int32_t i = 0; i < count; ++i) sums[i] = call.sums[c + i];
    store_bytes(call.row + c,
                to_bytes(mean_of_16(sums, gain, half, shift, multiplier, r),
                         mean_of_16(sums + 16, gain, half, shift, multiplier, r), r),
                count);
  }
}

int32_t reduce(__m256i x) {
  alignas(32) int32_t lanes[kLanes];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), x);
  int32_t total = 0;
  for (const int32_t lane : lanes) total += lane;
  return total;
}

// Once per window, so weights are not packed.
void dense(const DenseCall& call) {
  const __m256i zero = _mm256_set1_epi16(static_cast<int16_t>(call.input_zero_point));
  for (int32_t k = 0; k < call.outputs; ++k) {
    const int8_t* weights = call.weights + static_cast<int64_t>(k) * call.inputs;
    __m256i total = _mm256_setzero_si256();
    int32_t i = 0;
    for (; i + 16 <= call.inputs; i += 16) {
      const __m256i w = widen(reinterpret_cast<const uint8_t*>(weights + i));
      total = _mm256_add_epi32(total, _mm256_madd_epi16(_mm256_sub_epi16(widen(call.input + i), zero), w));
    }
    int32_t rest = call.bias[k];
    for (; i < call.inputs; ++i) {
      rest += (static_cast<int8_t>(call.input[i]) - call.input_zero_point) * weights[i];
    }
    call.sums[k] = rest + reduce(total);
  }
}

void quantise_row(const QuantiseCall& call, const float* frame, uint8_t* output) {
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
    for (int32_t lane = 0; lane < count; ++lane) output[i + lane] = static_cast<uint8_t>(stored[lane] - 128);
  }
}

void quantise(const QuantiseCall& call) {
  for (int32_t row = 0; row < call.rows; ++row) {
    quantise_row(call, call.frames + static_cast<int64_t>(row) * call.count,
                 call.output_rows + row * call.output_row_stride);
  }
}

}  // namespace

const Table& table() {
  static constexpr Table kTable = {
      .name = "avx2",
      .stored_xor = 0,
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

}  // namespace pupil::edge::kernels::avx2
