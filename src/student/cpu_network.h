// SPDX-License-Identifier: Apache-2.0
// The body of a MelCNN (everything up to the average over time and frequency) on the CPU: forward and
// backward in the kernels of float_kernels.h. To libtorch it is one operation with one gradient.
//
// Why not libtorch's own: on networks this small its convolutions spend half their time on changing layouts,
// and batch norm and ReLU walk through memory on their own. Here a tensor is written once and read once each
// way.

#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "student/network_spec.h"
#include "training/process_group.h"

namespace pupil::student {

struct ParameterPlace;

/// Threads: one caller at a time; inside, at::get_num_threads() work on it. The result does not depend on
/// their number. Memory: two tensors per layer of the largest batch seen, kept between calls.
class CpuNetwork {
 public:
  CpuNetwork(const NetworkSpec& spec, const std::vector<ParameterPlace>& places);
  ~CpuNetwork();

  /// See MelCnn::forward(). `input` [B, T, F] -> [B, feature_count()].
  /// The layers' memory is there once: call backward before the next forward, with `training` or without; after it,
  /// backward throws Error.
  at::Tensor forward(const at::Tensor& input, const at::Tensor& parameters, at::Tensor& statistics,
                     bool training);

  /// See Learner::divide().
  void divide(training::ProcessGroup* group);

  class Passes;

 private:
  std::shared_ptr<Passes> passes_;
};

}  // namespace pupil::student
