// SPDX-License-Identifier: Apache-2.0
// What a training needs of the thing it trains. Implemented by student (distillation) and pretrain (teachers,
// separators), called by TrainingPhase.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "nn/tensor_file.h"

namespace pupil::training {

/// A flat tensor of weights with its own optimizer.
struct ParameterGroup {
  std::string name;       ///< in checkpoints and messages
  at::Tensor values;      ///< [P]; values.grad() is the gradient once a loss was differentiated
  at::Tensor decay_mask;  ///< [P], 1 where weight decay applies; undefined: nowhere
  bool averaged = true;   ///< whether a running average is kept
};

/// Means since the last line of metrics, by name.
class StepMeans {
 public:
  struct Sum {
    double total = 0, count = 0;
    double mean() const { return total / count; }
  };

  void add(const std::string& name, double value) {
    Sum& sum = sums[name];
    sum.total += value;
    sum.count += 1;
  }

  std::map<std::string, Sum> sums;
};

class TrainingTask {
 public:
  virtual ~TrainingTask() = default;

  /// The weights; the tensors stay the same throughout a training and may be overwritten in place.
  virtual std::vector<ParameterGroup> groups() = 0;

  /// What loss() itself moves, such as the statistics of norms: averaged as the weights are, not optimised.
  virtual std::vector<nn::NamedTensor> statistics() { return {}; }

  /// The loss of step `step`'s batch: a scalar with a gradient. The batch is a function of the step alone, so
  /// that a resumed training sees the same ones. Adds to `means` what the next line of metrics shall tell
  /// beside "loss" and "gradient_norm"; only finite values.
  virtual at::Tensor loss(std::int64_t step, StepMeans& means) = 0;
};

}  // namespace pupil::training
