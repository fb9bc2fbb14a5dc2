// Tensors that learn, side by side in one flat tensor, and AdamW on it.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace pupil::pretrain {

/// Tensors keep their identity and shape, but lie in `values` one after the other from now on.
class TensorPack {
 public:
  /// float32 on the CPU, leaves.
  explicit TensorPack(std::vector<at::Tensor> tensors);

  const std::vector<at::Tensor>& tensors() const { return tensors_; }
  /// [P]; may be overwritten in place.
  at::Tensor& values() { return values_; }
  const at::Tensor& values() const { return values_; }

 private:
  std::vector<at::Tensor> tensors_;
  at::Tensor values_;
};

/// Rises from 0 to `peak` in the first `warm_up` steps, then falls to 0 along a cosine.
double learning_rate_at(double peak, std::int64_t warm_up, std::int64_t step, std::int64_t step_count);

/// Decoupled weight decay on tensors of two axes and more; beta 0.9 and 0.99, epsilon 1e-8. A gradient longer
/// than 1 (over everything) is shortened to that.
class PackedAdamW {
 public:
  /// `pack` must outlive this object; its tensors require gradients, which are placed side by side too.
  PackedAdamW(TensorPack& pack, double weight_decay);

  /// One update by the gradients, which are cleared. `step` counts from 0. Returns the gradient's length.
  double step(double rate, std::int64_t step);

  /// The moments, [P] each: for checkpoints. May be overwritten in place.
  at::Tensor& first_moment() { return first_; }
  at::Tensor& second_moment() { return second_; }

 private:
  TensorPack& pack_;
  at::Tensor gradient_, first_, second_, decay_;
};

}  // namespace pupil::pretrain
