// SPDX-License-Identifier: Apache-2.0
// Shapes of the tensors between layers, derived layer by layer from the model file's records.
// Used by the check of a model file and by the plan of its memory.

#pragma once

#include <array>
#include <cstdint>

#include "model/format.h"
#include "pupil/edge/model.h"

namespace pupil::edge {

/// One tensor [T, F, C] of a whole window.
struct TensorShape {
  std::int32_t frames = 0;
  std::int32_t bins = 0;
  std::int32_t channels = 0;
  std::int32_t zero_point = 0;
  std::int32_t time_stride = 1;       // input frames from one of its rows to the next
  std::int32_t receptive_frames = 1;  // input frames that one of its rows depends on
  bool pooled = false;                // after the average over time
};

/// Tensor 0 is the input, tensor i + 1 the output of layer i.
struct Shapes {
  std::array<TensorShape, format::kMaxLayers + 1> tensors;
};

/// Columns of zero point that a convolution over mel bins needs on either side to give as many outputs as
/// inputs, divided by the stride and rounded up.
struct BinPadding {
  std::int32_t left;
  std::int32_t right;
};
BinPadding bin_padding(std::int32_t bins, const KernelShape& kernel) noexcept;

/// The record's kernel; without meaning for layers that are not convolutions.
KernelShape kernel_of(const format::Layer& layer) noexcept;

/// Fills shapes.tensors[index + 1] and *info from layer `index`. False if the layer does not fit its input.
bool advance(const format::Layer& layer, std::int32_t index, Shapes* shapes, LayerInfo* info) noexcept;

}  // namespace pupil::edge
