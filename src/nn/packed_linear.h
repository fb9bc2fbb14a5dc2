// SPDX-License-Identifier: Apache-2.0
// A linear layer prepared once for the processor it runs on: weights in the order that its multiplication
// wants, activation and residual sum in the same pass. For large networks on the CPU; inference only.
//
// float32 and bfloat16 go through oneDNN. Where bfloat16 products are slow and half-precision ones fast,
// 16-bit factors are half precision instead (half_linear.h).

#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "nn/layers.h"
#include "nn/precision.h"

namespace pupil::nn {

/// What the factors of a multiplication are: kFloat for f32; for bf16 kHalf with AVX512-FP16 and without AMX
/// (such processors form bfloat16 products at half the rate of float32 ones), else kBFloat16. Sums are
/// float32 throughout.
at::ScalarType factor_type(Precision precision);

enum class Activation { none, gelu };

class PackedLinear {
 public:
  PackedLinear() = default;
  /// `factors`: what factor_type() gives. Keeps nothing of `linear`.
  PackedLinear(const Linear& linear, at::ScalarType factors, Activation activation = Activation::none);

  /// x: contiguous [..., in] of input_type(). Returns [..., out] of type `out`: kFloat, or input_type().
  at::Tensor operator()(const at::Tensor& x, at::ScalarType out = at::kFloat) const;

  /// sum += layer(x), where `sum` is contiguous float32 [..., out]. Without activation only.
  void add_to(at::Tensor& sum, const at::Tensor& x) const;

  /// Type of the factors; kFloat for layers that half precision cannot take.
  at::ScalarType input_type() const { return factors_; }

 private:
  class Kernel;
  class DnnlKernel;
  class HalfKernel;

  at::ScalarType factors_ = at::kFloat;
  std::int64_t out_ = 0;
  std::shared_ptr<const Kernel> kernel_;
};

}  // namespace pupil::nn
