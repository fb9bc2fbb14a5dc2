// SPDX-License-Identifier: Apache-2.0
// Batch norm, the condition's shift and leaky ReLU in one pass with a gradient: what the separator's network
// does before every convolution. libtorch's own operations for it take five passes forward and seven back,
// and they, not the convolutions, are what a step of training waits for.

#pragma once

#include <ATen/core/Tensor.h>

namespace pupil::pretrain {

/// A batch norm's learned scale and shift and its running statistics, [C] each.
struct NormTensors {
  at::Tensor weight, bias, running_mean, running_variance;
};

/// leaky_relu(batch_norm(x) + shift) of `left` and `right` laid side by side along C: [B, T, F, C], float32,
/// C the sum of both. `right` may be undefined. `shift` [B, C]. `training`: statistics of the batch, which
/// the running ones follow by `momentum`; else the running ones, as constants.
at::Tensor normed_activation(const at::Tensor& left, const at::Tensor& right, const NormTensors& norm,
                             const at::Tensor& shift, double momentum, bool training);

}  // namespace pupil::pretrain
