// SPDX-License-Identifier: Apache-2.0
// EfficientAT's `mn` networks: MobileNetV3-large on log-mel pictures, with squeeze-and-excitation over
// channels. Layers and strides are those of MobileNetV3; every width, kernel and squeeze is read from the
// tensors, so that mn04, mn10, mn40 and the like are one code.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nn/tensor_file.h"
#include "nn/weight_reader.h"

namespace pupil::teacher {

/// Batch norms are folded into the convolutions when the weights are read. Copies share the weights.
class EfficientAtNetwork {
 public:
  struct Output {
    at::Tensor logits;      ///< [B, K], before the sigmoid.
    at::Tensor embeddings;  ///< [B, D], the mean of the last feature map.
  };

  /// Takes every weight of `weights`, whose names are those of the public checkpoints
  /// ("features.0.0.weight"). Throws Error, by name, when they are not such a network whole.
  EfficientAtNetwork(nn::WeightReader& weights, at::Device device);

  /// A tensor name that only this family has, for recognising it.
  static constexpr const char* kKnownName = "features.1.block.0.0.weight";

  /// `pictures`: [B, 1, F, T] on the device, any T >= 1. Differentiable in the weights that require a gradient, which none
  /// does that was read; no item of a batch has a part in another's outputs.
  Output forward(const at::Tensor& pictures) const;

  /// Calls `visit` with every weight and bias, from the first layer to the last, by its name in the public checkpoints
  /// ("features.0.1.bias"); it may put another tensor of the same shape in its place, for this object alone.
  void visit_weights(const std::function<void(const std::string& name, at::Tensor& weight)>& visit);

  /// The tensors of a checkpoint that gives these weights back to the bit: convolutions with what was folded into them,
  /// and batch norms that change nothing.
  std::vector<nn::NamedTensor> published() const;

  std::int64_t class_count() const { return head_.weight.size(0); }
  std::int64_t embedding_size() const { return embedding_.weight.size(1); }

 private:
  enum class Activation { kNone, kRelu, kHardSwish };

  struct Convolution {
    static constexpr const char* kWeight = ".0.weight";
    static constexpr const char* kBias = ".1.bias";
    std::string name;   ///< "features.0"
    at::Tensor weight;  ///< [out, in / groups, k, k]
    at::Tensor bias;    ///< [out]
    std::int64_t stride = 1;
    std::int64_t groups = 1;
    Activation activation = Activation::kNone;

    at::Tensor operator()(const at::Tensor& x) const;
  };
  struct Linear {
    static constexpr const char* kWeight = ".weight";
    static constexpr const char* kBias = ".bias";
    std::string name;   ///< "classifier.2"
    at::Tensor weight;  ///< [out, in]
    at::Tensor bias;    ///< [out]
  };
  struct Squeeze {
    Linear down, up;

    /// One factor in [0, 1] per channel of `x`, [B, C, 1, 1].
    at::Tensor operator()(const at::Tensor& x) const;
  };
  struct Block {
    std::optional<Convolution> expand;
    Convolution depthwise;
    std::optional<Squeeze> squeeze;
    Convolution project;
    bool is_residual = false;

    at::Tensor operator()(const at::Tensor& x) const;
  };

  static Convolution take_convolution(nn::WeightReader& weights, const std::string& name, std::int64_t in);
  static Linear take_linear(nn::WeightReader& weights, const std::string& name, std::int64_t in);
  static Block take_block(nn::WeightReader& weights, std::size_t position, std::int64_t in);
  /// Calls `use` with every convolution and linear layer, in order.
  template <typename Network, typename Use>
  static void for_each_layer(Network& network, const Use& use);

  Convolution first_;
  std::vector<Block> blocks_;
  Convolution last_;
  Linear embedding_;  ///< From the embedding to the hidden layer of the classifier.
  Linear head_;
};

}  // namespace pupil::teacher
