// SPDX-License-Identifier: Apache-2.0
// The student as ONNX, for engines other than ours.
//
// Quantised in the QDQ form: weights with a scale per channel, activations with one per tensor, a
// DequantizeLinear in front of every operation and a QuantizeLinear behind, which engines fuse into integer
// operations. Both are stored as uint8, the device's int8 plus 128, with zero points that are 128 higher: the
// same real values. Opset 13, no custom operators.
//   input  "frames"  float32 [1, 1, T, F]  log-mel frames of the model's front end, as edge::LogMel makes
//   them output "logits"  float32 [1, K]        before calibration
// Labels, calibration, thresholds, front end and metadata are in metadata_props, under "pupil.".
//
// The integers are those of the model file. What differs is rounding: ONNX rounds a sum times a float scale
// half to even, ours half up through 16 bits, so that single values may differ by 1 and logits by a little.

#pragma once

#include <string>

#include "deploy/quantised_network.h"

namespace pupil::deploy {

/// What weights are stored as; the real values are equal.
enum class OnnxWeights {
  /// Sums are exact in onnxruntime on every processor: this is what we export.
  uint8,
  /// 1.5 to 2.5 times as fast in onnxruntime on x86 with VNNI, and wrong on x86 without it: two products of a
  /// uint8 and an int8 value are added in 16 bits there, which saturate. For measuring beside our own speed.
  int8,
};

/// The bytes of the .onnx file; the same network gives the same bytes. Error: see tensor_scales().
std::string onnx_bytes(const QuantisedNetwork& network, OnnxWeights weights = OnnxWeights::uint8);

}  // namespace pupil::deploy
