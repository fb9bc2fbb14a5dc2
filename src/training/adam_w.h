// SPDX-License-Identifier: Apache-2.0
// AdamW (Loshchilov and Hutter, 2019) on one tensor of parameters.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace pupil::training {

struct AdamWOptions {
  double beta1 = 0.9;
  /// 0.99 forgets sooner than the usual 0.999: trainings here are short.
  double beta2 = 0.99;
  double epsilon = 1e-8;
  /// Decoupled: a share of the weight, times the learning rate, is taken off at each step.
  double weight_decay = 0.0;
  /// A longer gradient (2-norm over the whole tensor) is scaled down to this length.
  double clip_norm = 5.0;
};

/// Memory: two tensors of the parameters' size. Threads: one at a time per object; libtorch's own inside.
class AdamW {
 public:
  /// `parameters`, contiguous, have P values. `decay_mask` [P]: 1 where weight decay applies, else 0;
  /// undefined: nowhere.
  AdamW(const at::Tensor& parameters, at::Tensor decay_mask, const AdamWOptions& options);

  /// One update of `parameters` by parameters.grad(), which is cleared. `gradient_norm` is the gradient's
  /// length (the caller has looked at it: it must be finite); `step` counts from 0.
  void step(at::Tensor& parameters, double gradient_norm, double learning_rate, std::int64_t step);

  /// The moments, both [P], for checkpoints: they share memory with the optimizer's own.
  const at::Tensor& first_moment() const { return first_; }
  const at::Tensor& second_moment() const { return second_; }

 private:
  at::Tensor first_, second_, decay_mask_;
  AdamWOptions options_;
};

}  // namespace pupil::training
