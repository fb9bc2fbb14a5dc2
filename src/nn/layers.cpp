#include "nn/layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>

namespace pupil::nn {

at::Tensor Linear::operator()(const at::Tensor& x) const {
  return at::linear(x, weight, bias);
}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, eps);
}

Linear take_linear(WeightReader& weights, const std::string& name, std::int64_t out, std::int64_t in,
                   bool with_bias) {
  Linear linear;
  linear.weight = weights.take(name + ".weight", {out, in});
  if (with_bias) linear.bias = weights.take(name + ".bias", {out});
  return linear;
}

LayerNorm take_layer_norm(WeightReader& weights, const std::string& name, std::int64_t channels, double eps) {
  return {weights.take(name + ".weight", {channels}), weights.take(name + ".bias", {channels}), eps};
}

at::Tensor normalised_rows(const at::Tensor& rows) {
  return rows / at::linalg_vector_norm(rows, 2, at::IntArrayRef{-1}, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace pupil::nn
