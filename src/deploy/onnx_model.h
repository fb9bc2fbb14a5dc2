// The student as ONNX, for engines other than ours.
//
// Quantised in the QDQ form: int8 weights with a scale per channel, int8 activations with one per tensor, a
// DequantizeLinear in front of every operation and a QuantizeLinear behind, which engines fuse into integer
// operations. Opset 13, no custom operators.
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

/// The bytes of the .onnx file; the same network gives the same bytes. Error: see tensor_scales().
std::string onnx_bytes(const QuantisedNetwork& network);

}  // namespace pupil::deploy
