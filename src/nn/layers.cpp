// SPDX-License-Identifier: Apache-2.0
#include "nn/layers.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>

#include "nn/row_norm.h"

namespace pupil::nn {

at::Tensor Linear::operator()(const at::Tensor& x) const {
  return at::linear(x, weight, bias);
}

at::Tensor LayerNorm::operator()(const at::Tensor& x, at::ScalarType out) const {
#ifdef PUPIL_AVX512
  const bool with_gradient = at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad());
  if (!with_gradient && has_row_norm() && x.is_contiguous() && x.scalar_type() == at::kFloat) {
    const std::int64_t columns = x.size(-1);
    const RowType type = out == at::kHalf       ? RowType::half
                         : out == at::kBFloat16 ? RowType::bf16
                                                : RowType::f32;
    at::Tensor y = at::empty(x.sizes(), out);
    at::parallel_for(0, x.numel() / columns, 64, [&](std::int64_t first, std::int64_t last) {
      row_norm(
          x.data_ptr<float>() + first * columns, last - first, columns, weight.data_ptr<float>(),
          bias.data_ptr<float>(), static_cast<float>(eps), type,
          static_cast<char*>(y.data_ptr()) + first * columns * static_cast<std::int64_t>(y.element_size()));
    });
    return y;
  }
#endif
  return at::layer_norm(x, {x.size(-1)}, weight, bias, eps).to(out);
}

Linear take_linear(const TensorSource& weights, const std::string& name, std::int64_t out, std::int64_t in,
                   bool with_bias) {
  Linear linear;
  linear.weight = weights(name + ".weight", {out, in});
  if (with_bias) linear.bias = weights(name + ".bias", {out});
  return linear;
}

LayerNorm take_layer_norm(const TensorSource& weights, const std::string& name, std::int64_t channels,
                          double eps) {
  const at::Tensor weight = weights(name + ".weight", {channels});
  return {weight.contiguous(), weights(name + ".bias", {channels}).contiguous(), eps};
}

Linear take_linear(WeightReader& weights, const std::string& name, std::int64_t out, std::int64_t in,
                   bool with_bias) {
  return take_linear(tensor_source(weights), name, out, in, with_bias);
}

LayerNorm take_layer_norm(WeightReader& weights, const std::string& name, std::int64_t channels, double eps) {
  return take_layer_norm(tensor_source(weights), name, channels, eps);
}

TensorSource tensor_source(WeightReader& weights) {
  return [&weights](const std::string& name, at::IntArrayRef shape) { return weights.take(name, shape); };
}

at::Tensor normalised_rows(const at::Tensor& rows) {
  return rows / at::linalg_vector_norm(rows, 2, at::IntArrayRef{-1}, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace pupil::nn
