// SPDX-License-Identifier: Apache-2.0
// The running (exponential moving) average of weights in training: what is kept in the end.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace pupil::training {

/// average += (1 - memory) (values - average). `step` counts from 0; the memory is shorter at first, when the
/// weights still move far: min(memory, (1 + step) / (10 + step)).
void update_average(at::Tensor& average, const at::Tensor& values, double memory, std::int64_t step);

}  // namespace pupil::training
