// SPDX-License-Identifier: Apache-2.0
// The integer operations of the network, once per instruction set, behind one table of functions.
// The plan of a model (model/plan.cpp) asks the table for packed weights, model/engine.cpp calls the rest.
//
// Plain C types only: a file compiled for one instruction set includes this, <stdint.h> and its intrinsics
// and nothing else, so that no inline function of the standard library is compiled with flags that not every
// machine has.
//
// Activations are int8 values q. In memory they are bytes: value ^ stored_xor, where stored_xor belongs
// to the table: 0 stores the value, 0x80 stores value + 128 as an unsigned byte (what x86 multiplies).
// Layout is [T, F, C], channels innermost, rows (one t) at any distance from each other.
//
// Every function of every table gives the bytes that reference.cpp gives. It may read up to
// kReadSlackBytes past the last byte of a row and writes only its result.

#pragma once

#include <stdint.h>

// Where the compiler's flags name the one processor that a program is for, nothing is chosen at run time.
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#define PUPIL_KERNELS_ARM_MVE
#endif
#if defined(__ARM_FEATURE_SIMD32) && !defined(__aarch64__)
#define PUPIL_KERNELS_ARM_DSP
#endif

namespace pupil::edge::kernels {

constexpr int64_t kReadSlackBytes = 64;

/// Weights are in the file's order and are not copied; the per-channel arrays are as in the file.
struct ChannelScale {
  const int32_t* bias;        // [channels]
  const int16_t* multiplier;  // [channels], 0 to 32767
  const uint8_t* shift;       // [channels], 0 to 24
};

/// Where results are rounded to, as int8 values.
struct OutputRange {
  int32_t zero_point;
  int32_t clamp_min;
  int32_t clamp_max;
};

/// A convolution as a sum of `segments` dot products (one per kernel row), each over `segment_bytes`
/// neighbouring input bytes (kernel_f * input channels). Pointwise: one segment of C bytes.
struct ConvShape {
  int32_t segments;
  int32_t segment_bytes;
  int32_t channels;  // output channels
};

struct ConvWeights {
  const int8_t* weights;  // [channels, segments, segment_bytes], -127 to 127
  ChannelScale scale;
  int32_t input_zero_point;
};

struct ConvCall {
  ConvShape shape;
  const void* packed;
  OutputRange output;
  const uint8_t* input;      // first byte under the kernel's first row at output (0, 0)
  int64_t segment_stride;    // bytes from one kernel row to the next
  int64_t input_row_stride;  // bytes between the inputs of two output rows
  int64_t input_column_stride;
  uint8_t* output_rows;
  int64_t output_row_stride;
  int32_t rows;
  int32_t columns;  // an output row is columns * channels bytes without gaps
};

struct DepthwiseShape {
  int32_t kernel_t;
  int32_t kernel_f;
  int32_t channels;
};

struct DepthwiseWeights {
  const int8_t* weights;  // [kernel_t, kernel_f, channels], -127 to 127
  ChannelScale scale;
  int32_t input_zero_point;
};

struct DepthwiseCall {
  DepthwiseShape shape;
  const void* packed;
  OutputRange output;
  const uint8_t* input;
  int64_t kernel_row_stride;  // bytes from one kernel row to the next; columns are `channels` bytes apart
  int64_t input_row_stride;
  int32_t stride_f;
  uint8_t* output_rows;
  int64_t output_row_stride;
  int32_t rows;
  int32_t columns;
  void* scratch;  // depthwise_scratch_bytes, 64-byte aligned
};

struct AddCall {
  const uint8_t* a;
  const uint8_t* b;
  int32_t a_zero_point;
  int32_t b_zero_point;
  int32_t a_multiplier;  // 0 to 32767, 2^14 is 1
  int32_t b_multiplier;
  OutputRange output;
  uint8_t* result;
  int64_t count;
};

struct SumCall {
  const uint8_t* input;  // [columns, channels]
  int32_t input_zero_point;
  int32_t columns;
  int32_t channels;
  int32_t* sums;   // [channels]: sum over columns of (value - zero point)
  int32_t* total;  // [channels] or null: grows by as much as `sums` changes
};

/// Sums to a row of values: requantise(gain * sums[c]).
struct MeanCall {
  const int32_t* sums;  // [channels]; gain * sums[c] is below 2^30
  int32_t gain;
  int32_t channels;
  int32_t multiplier;  // 0 to 32767
  int32_t shift;       // 0 to 24
  OutputRange output;
  uint8_t* row;  // [channels]
};

struct DenseCall {
  const uint8_t* input;   // [inputs]
  const int8_t* weights;  // [outputs, inputs], -127 to 127
  const int32_t* bias;    // [outputs]
  int32_t input_zero_point;
  int32_t inputs;
  int32_t outputs;
  int32_t* sums;  // [outputs]: bias + sum of (value - zero point) * weight
};

struct QuantiseCall {
  const float* frames;  // [rows, count]
  const float* gain;    // [count]
  const float* shift;   // [count]
  int32_t count;
  uint8_t* output_rows;  // [count] each: frame * gain + shift, rounded half up, saturated; NaN gives -128
  int64_t output_row_stride;
  int32_t rows;
};

/// One instruction set. Packing happens once, when a network is placed in its arena; packed memory is
/// 64-byte aligned and holds copies, except in the reference, which points into the model file.
struct Table {
  const char* name;
  uint8_t stored_xor;
  /// How many frames of a window to run at once. Many make long tiles and few calls; their rows should stay in a
  /// cache that is near: on x86 the second level, on small Arm cores the first.
  int32_t window_step_frames;

  int64_t (*conv_packed_bytes)(const ConvShape& shape);
  void (*pack_conv)(const ConvShape& shape, const ConvWeights& weights, void* packed);
  void (*conv)(const ConvCall& call);

  int64_t (*depthwise_packed_bytes)(const DepthwiseShape& shape);
  void (*pack_depthwise)(const DepthwiseShape& shape, const DepthwiseWeights& weights, void* packed);
  int64_t (*depthwise_scratch_bytes)(const DepthwiseShape& shape, int32_t input_columns);
  void (*depthwise)(const DepthwiseCall& call);

  void (*add)(const AddCall& call);
  void (*sum)(const SumCall& call);
  void (*mean)(const MeanCall& call);
  void (*dense)(const DenseCall& call);
  void (*quantise)(const QuantiseCall& call);
};

/// The specification: never optimised, runs everywhere.
namespace reference {
const Table& table();

/// The rounding of every layer: 32-bit sum -> int8 value. See docs/format.md, "Rounding".
int32_t requantise(int32_t sum, int32_t multiplier, int32_t shift, const OutputRange& output);
}  // namespace reference

// Each exists where the compiler's target has it; table.cpp checks the machine before it returns one.
namespace avx2 {
const Table& table();
}
namespace avx_vnni {
const Table& table();
}
namespace avx512_vnni {
const Table& table();
}
namespace neon {
const Table& table();
}
namespace neon_dot {
const Table& table();
}
namespace wasm_simd {
const Table& table();
}
namespace arm_dsp {
const Table& table();
}
namespace arm_mve {
const Table& table();
}

}  // namespace pupil::edge::kernels
