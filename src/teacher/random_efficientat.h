// SPDX-License-Identifier: Apache-2.0
// An EfficientAT network of any width with random weights, for tests.

#pragma once

#include <cstdint>
#include <vector>

#include "nn/tensor_file.h"

namespace pupil::teacher {

/// All tensors of a checkpoint of `width` times MobileNetV3-large's channels (mn04: 0.4; 0 gives eight everywhere), with AudioSet's
/// 527 outputs. Sizes of weights and statistics are such that activations keep the size of 1. Sets libtorch's random
/// generator: the same seed gives the same weights.
std::vector<nn::NamedTensor> random_efficientat_tensors(double width, std::uint64_t seed);

}  // namespace pupil::teacher
