// SPDX-License-Identifier: Apache-2.0
// The one check that stored numbers are numbers: a NaN in a weight makes every score NaN, far from the file.

#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

#include "nn/tensor_file.h"

namespace pupil::nn {

/// "'NAME' holds 3 NaN or infinite of its 100 numbers" when some number of `tensor` (any strides, on the CPU) is NaN or
/// infinite as float32; empty when all are finite, or where the type is no floating point. One pass over the data.
std::string finite_fault(std::string_view name, const at::Tensor& tensor);

/// `file`'s tensor of this name, for weights and whatever else is computed with. Error: there is none, or finite_fault().
at::Tensor finite_tensor(const TensorFile& file, std::string_view name);

}  // namespace pupil::nn
