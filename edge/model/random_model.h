// SPDX-License-Identifier: Apache-2.0
// Networks of a given shape with random weights, for tests and measurements without a trained student. Scales
// are set so that activations use their range; the same shape and seed give the same bytes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/model_writer.h"

namespace pupil::edge {

struct LayerSketch {
  LayerKind kind = LayerKind::conv;
  std::int32_t channels = 0;  ///< 0: as many as the input has
  KernelShape kernel = {};    ///< conv and depthwise
  bool relu = true;
  std::int32_t skip_tensor = 0;  ///< add
};

struct ModelSketch {
  std::int32_t mel_count = 64;
  std::int32_t window_frames = 98;
  std::int32_t class_count = 10;
  ScoreKind score_kind = ScoreKind::softmax;
  std::vector<LayerSketch> layers;  ///< without the head

  void conv(std::int32_t channels, const KernelShape& kernel);
  void pointwise(std::int32_t channels, bool relu = true);
  void depthwise(const KernelShape& kernel);
  /// The sum of the latest output and of tensor `skip_tensor`.
  void add(std::int32_t skip_tensor);
  /// An average over mel bins alone.
  void mean_f();
  /// Expand, depthwise, project; `with_add`: the block's input is added.
  void inverted_residual(std::int32_t expanded, std::int32_t channels, const KernelShape& kernel,
                         bool with_add);
  void mean();
};

ModelImage random_model(const ModelSketch& sketch, std::uint64_t seed);

/// "dscnn": the plain depthwise-separable net that other engines were timed with (64 x 96 input, 18 MMAC);
/// "tiny", "small", "base": the students' inverted residuals; "micro": a few thousand MACs, for
/// tests. An unknown name gives a sketch without layers.
ModelSketch named_sketch(std::string_view name);

}  // namespace pupil::edge
