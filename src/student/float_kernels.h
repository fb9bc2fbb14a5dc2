// SPDX-License-Identifier: Apache-2.0
// The float operations of a MelCNN's layers for training on processors: forward and backward over a range of
// windows, one thread, once per instruction set. cpu_network.cpp calls them.
//
// Plain C types only, as in edge/kernels: a file compiled for one instruction set includes nothing whose
// inline functions could replace the plain ones elsewhere in the program.
//
// Activations are [T, F, C] per window, windows one after the other. A tensor is kept as its convolution left
// it ("raw"); batch norm and ReLU are done when it is read: y = max(raw * scale + shift, 0 or -inf). The
// gradient of raw, seen from the gradient dy of y with g = dy where y is not cut off by the ReLU, else 0, is
//   draw = a * g + b * raw + c      per channel, and is likewise computed when it is read.

#pragma once

#include <stdint.h>

namespace pupil::student::kernels {

/// How raw becomes y. Null scale: y = raw (no ReLU then).
struct Activation {
  const float* scale;  // [C]
  const float* shift;  // [C]
  bool relu;
};

/// How dy becomes draw. Null a: draw = dy.
struct RawGradient {
  const float* a;  // [C]
  const float* b;
  const float* c;
};

struct ConvShape {
  int32_t kernel_t, kernel_f, stride_t, stride_f, pad_f;
  int32_t input_frames, input_bins, input_channels;
  int32_t frames, bins, channels;
};

/// Sums over all values of a channel, for batch norm: [C] of x, then [C] of x squared (forward), or of g,
/// then of g * raw (backward). Added to.
using ChannelSums = double*;

struct ConvForward {
  ConvShape shape;
  int64_t windows;
  const float* input;
  Activation activation;  // of the input
  const float* weights;   // conv: packed by pack_conv; depthwise: [kT, kF, C]
  float* output;          // raw
  ChannelSums sums;       // null: not wanted
  float* scratch;         // forward_scratch floats
};

struct ConvBackward {
  ConvShape shape;
  int64_t windows;
  const float* input;
  Activation input_activation;
  const float* weights;  // conv: [C, taps] in rows of padded(taps); depthwise: [kT, kF, C]
  const float* output;   // raw, of the forward pass
  Activation output_activation;
  const float* output_gradient;  // dy
  RawGradient raw_gradient;
  float* input_gradient;    // dy of the input; null: not wanted
  bool add_input_gradient;  // to what is there already
  float* weight_gradient;   // conv: [C] rows of padded(taps); depthwise [kT, kF, C]; added to
  float* scratch;
};

/// Integer layers (qat_net.h): values are int8 levels minus their zero point, held as floats.
struct Rounding {
  const int32_t* bias;        // [C], added to the sums
  const int32_t* multiplier;  // [C], see docs/format.md
  const int32_t* shift;       // [C]
  int32_t zero_point, lowest, highest;
};

struct Table {
  const char* name;
  int32_t lanes;

  void (*pack_conv)(const ConvShape& shape, const float* weights, float* packed);
  int64_t (*scratch_floats)(const ConvShape& shape, bool depthwise);
  void (*conv_forward)(const ConvForward& call);
  void (*conv_backward)(const ConvBackward& call);
  void (*depthwise_forward)(const ConvForward& call);
  void (*depthwise_backward)(const ConvBackward& call);

  /// sums of g and g * raw over `rows` rows of C values.
  void (*gradient_sums)(const float* raw, const Activation& activation, const float* dy, int64_t rows,
                        int32_t channels, ChannelSums sums);
  /// result = y(raw), rows x C; added to result where `add`.
  void (*activate)(const float* raw, const Activation& activation, int64_t rows, int32_t channels, bool add,
                   float* result);
  /// x = max(x, 0)
  void (*relu)(float* x, int64_t count);
  /// In place: exact sums [rows, C] to levels minus zero point, as edge/kernels/reference.cpp rounds them.
  void (*requantise)(float* sums, int64_t rows, int32_t channels, const Rounding& rounding);
  /// result = rounded sum of two levels, each times its multiplier of 2^-14.
  void (*add_levels)(const float* a, const float* b, int32_t a_multiplier, int32_t b_multiplier,
                     int32_t zero_point, int32_t lowest, int32_t highest, int64_t count, float* result);
  /// dy = 0 where the level stands at its lowest or highest value.
  void (*mask_gradient)(const float* levels, float lowest, float highest, int64_t count, float* dy);

  /// Multiply-adds on registers alone, `rounds` times 24 vectors; the result is there to be used.
  float (*spin)(int64_t rounds, float x, float y);
  /// result (+)= dy where y > 0 (all of dy where `y` is null).
  void (*relu_gradient)(const float* y, const float* dy, int64_t count, bool add, float* result);
};

/// Floats from one row of packed weights or of a tile to the next, for every table.
constexpr int32_t kPad = 16;
constexpr int64_t padded(int64_t count) {
  return (count + kPad - 1) / kPad * kPad;
}

/// The fastest table that runs here.
const Table& table();

/// The most multiply-accumulates per second of one processor, measured in some 10 ms.
double peak_macs_per_s();

// Present where the compiler's target has them.
namespace baseline {
const Table& table();
}
namespace avx2 {
const Table& table();
}
namespace avx512 {
const Table& table();
}

}  // namespace pupil::student::kernels
