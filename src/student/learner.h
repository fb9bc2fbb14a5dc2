// SPDX-License-Identifier: Apache-2.0
// What distillation trains: the float network, then its quantised form.

#pragma once

#include <ATen/core/Tensor.h>

#include "training/process_group.h"

namespace pupil::student {

class Learner {
 public:
  virtual ~Learner() = default;

  struct Output {
    at::Tensor logits;    ///< [B, K]
    at::Tensor features;  ///< [B, feature_count()], what the head sees
  };

  /// `input` [B, T, F], scaled frames. Logits with a gradient when `training`.
  virtual Output forward(const at::Tensor& input, bool training) = 0;

  /// All that is learned, one flat tensor [P] that requires a gradient. May be overwritten in place.
  virtual at::Tensor& parameters() = 0;
  /// What forward() itself moves while training, or reads: [S].
  virtual at::Tensor& statistics() = 0;
  /// [P], 1 where weight decay applies: weights, not norms or biases.
  virtual at::Tensor decay_mask() const = 0;

  /// From now on each forward() that trains is one that all processes of `group` make, of the same batch, of which each
  /// passes its own windows (BatchDivision) and need not have the others'; what comes out, and the gradient, is of the
  /// whole batch, with the bits of one process. Null: alone. Error: the learner cannot be divided.
  virtual void divide(training::ProcessGroup* group) = 0;
};

}  // namespace pupil::student
