// SPDX-License-Identifier: Apache-2.0
// An audio tower of any size with random weights, to measure speed and the loss of precision without a
// download.

#pragma once

#include <cstdint>
#include <vector>

#include "nn/tensor_file.h"
#include "teacher/htsat.h"

namespace pupil::teacher {

/// All tensors of an unfused tower in LAION's names. Sizes of weights and statistics are such that
/// activations keep the size of 1. Sets libtorch's random generator: the same seed gives the same weights.
std::vector<nn::NamedTensor> random_htsat_tensors(const HtsatSizes& sizes, std::uint64_t seed);

/// The tower of random_htsat_tensors(). Writes them to a temporary file, which is gone when this returns.
Htsat random_htsat(const HtsatSizes& sizes, std::uint64_t seed, nn::Precision precision);

}  // namespace pupil::teacher
