// SPDX-License-Identifier: Apache-2.0
// The two layers that every transformer here is made of, and how their weights are taken from a file.

#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "nn/weight_reader.h"

namespace pupil::nn {

/// Where a network takes its weights from: a file (tensor_source()), or the leaves of a training. Returns the
/// tensor `name`, which has `shape`.
using TensorSource = std::function<at::Tensor(const std::string& name, at::IntArrayRef shape)>;

/// y = x W^T + b on the last axis.
struct Linear {
  at::Tensor weight;  ///< [out, in]
  at::Tensor bias;    ///< [out], or undefined

  at::Tensor operator()(const at::Tensor& x) const;
};

/// Normalises the last axis, then scales and shifts it. Differentiable where a gradient is asked for; faster
/// where not.
struct LayerNorm {
  at::Tensor weight;  ///< [C]
  at::Tensor bias;    ///< [C]
  double eps = 1e-5;

  /// The result has the type `out`: what the next multiplication wants.
  at::Tensor operator()(const at::Tensor& x, at::ScalarType out = at::kFloat) const;
};

/// `name`.weight and `name`.bias.
Linear take_linear(const TensorSource& weights, const std::string& name, std::int64_t out, std::int64_t in,
                   bool with_bias = true);
LayerNorm take_layer_norm(const TensorSource& weights, const std::string& name, std::int64_t channels,
                          double eps);
/// The same from a file.
Linear take_linear(WeightReader& weights, const std::string& name, std::int64_t out, std::int64_t in,
                   bool with_bias = true);
LayerNorm take_layer_norm(WeightReader& weights, const std::string& name, std::int64_t channels, double eps);
TensorSource tensor_source(WeightReader& weights);

/// Scales every row of [B, D] to length 1; a row of zeros stays.
at::Tensor normalised_rows(const at::Tensor& rows);

}  // namespace pupil::nn
