// SPDX-License-Identifier: Apache-2.0
// From a float network to integers: batch norm folded, ranges of activations measured, weights rounded per
// channel. The integers made here are those that training runs (qat_net.h) and that the model file
// holds.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "model/model_writer.h"
#include "student/mel_cnn.h"
#include "student/network_spec.h"

namespace pupil::student {

/// What the int8 levels q of a tensor stand for: value = (q - zero_point) * scale.
struct TensorRange {
  float scale = 1.0F;
  std::int32_t zero_point = 0;
};

/// Where a layer's weights and bias lie in the flat folded tensor. Orders as in ParameterPlace.
struct FoldedPlace {
  std::int64_t weight = 0;
  std::int64_t bias = 0;
};
std::vector<FoldedPlace> folded_places(const NetworkSpec& spec);
std::int64_t folded_count(const NetworkSpec& spec);

/// All weights and biases of the network as it evaluates, with batch norm in them: flat, on the CPU.
at::Tensor fold(MelCnn& net);

/// Ranges of all tensors (0 is the input) for a folded network, chosen from batches of scaled frames [B, T,
/// F] so that rounding and cutting off together cost the least squared error. `next_batch` gives the same
/// `batch_count` batches each time it is called with 0 to batch_count - 1.
std::vector<TensorRange> measure_ranges(const NetworkSpec& spec, const at::Tensor& folded,
                                        std::int64_t batch_count,
                                        const std::function<at::Tensor(std::int64_t)>& next_batch);

/// Ranges as a flat tensor [2 * tensors] of scale, zero point, and back: for files.
at::Tensor ranges_tensor(const std::vector<TensorRange>& ranges);
std::vector<TensorRange> ranges_from(const at::Tensor& tensor);

/// Layer `index` in integers.
edge::LayerDraft quantise_layer(const NetworkSpec& spec, std::size_t index, const float* folded,
                                const std::vector<FoldedPlace>& places,
                                const std::vector<TensorRange>& ranges);

}  // namespace pupil::student
