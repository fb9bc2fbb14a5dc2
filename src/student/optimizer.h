// AdamW on one flat tensor, its learning rate over a course, and the running average of what it makes.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace pupil::student {

/// Rises from 0 to `peak` in the first `warm_up` share of the steps, then falls to 0 along a cosine.
double learning_rate(double peak, double warm_up, std::int64_t step, std::int64_t step_count);

/// Decoupled weight decay; beta 0.9 and 0.99 (short courses), epsilon 1e-8. Gradients longer than 5 (over the
/// whole tensor) are shortened to that.
class AdamW {
 public:
  /// `decay_mask` [P]: where weight decay applies; undefined: nowhere.
  AdamW(const at::Tensor& parameters, at::Tensor decay_mask, double weight_decay);

  /// One update of `parameters` by its .grad(), which is cleared. `step` counts from 0.
  void step(at::Tensor& parameters, double rate, std::int64_t step);

  /// The moments, both [P]: for checkpoints. May be overwritten in place.
  at::Tensor& first_moment() { return first_; }
  at::Tensor& second_moment() { return second_; }

 private:
  at::Tensor first_, second_, decay_mask_;
  double weight_decay_;
};

/// average += (1 - memory) (values - average), with a shorter memory at first: min(memory, (1 + step) / (10 +
/// step)).
void follow(at::Tensor& average, const at::Tensor& values, double memory, std::int64_t step);

}  // namespace pupil::student
