// SPDX-License-Identifier: Apache-2.0
// EfficientAT's MobileNetV3 from its checkpoint. Widths are read from the tensors' shapes; strides and activations are
// MobileNetV3-large's, for a checkpoint does not say them. Batch norms are folded into the convolutions while reading:
// what runs is convolution, bias, activation. Tensors are channels-last, which oneDNN's depthwise kernels want.

#include "teacher/efficientat_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/hardswish.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros_like.h>

#include <array>
#include <string>

#include "base/text.h"

namespace pupil::teacher {
namespace {

constexpr double kBatchNormEps = 1e-3;

struct BlockShape {
  std::int64_t stride;
  bool is_hard_swish;  // Else ReLU.
};

// MobileNetV3-large. What a checkpoint does not say of itself.
constexpr std::array<BlockShape, 15> kBlocks = {{{1, false},
                                                 {2, false},
                                                 {1, false},
                                                 {2, false},
                                                 {1, false},
                                                 {1, false},
                                                 {2, true},
                                                 {1, true},
                                                 {1, true},
                                                 {1, true},
                                                 {1, true},
                                                 {1, true},
                                                 {2, true},
                                                 {1, true},
                                                 {1, true}}};

}  // namespace

/// A convolution without bias and its batch norm, as one convolution with bias.
EfficientAtNetwork::Convolution EfficientAtNetwork::take_convolution(nn::WeightReader& weights,
                                                                     const std::string& name,
                                                                     std::int64_t in) {
  const std::int64_t out = weights.size(name + ".0.weight", 0);
  const std::int64_t kernel = weights.size(name + ".0.weight", 2);
  const bool is_depthwise = weights.size(name + ".0.weight", 1) == 1 && in > 1;
  Convolution convolution;
  convolution.name = name;
  convolution.groups = is_depthwise ? in : 1;
  convolution.weight = weights.take(name + ".0.weight", {out, is_depthwise ? 1 : in, kernel, kernel});
  const at::Tensor gamma = weights.take(name + ".1.weight", {out});
  const at::Tensor beta = weights.take(name + ".1.bias", {out});
  const at::Tensor mean = weights.take(name + ".1.running_mean", {out});
  const at::Tensor variance = weights.take(name + ".1.running_var", {out});
  convolution.bias = beta;
  if (weights.has_problems()) return convolution;  // finish() will throw.
  const at::Tensor scale = gamma / (variance + kBatchNormEps).sqrt();
  convolution.weight = convolution.weight * scale.view({out, 1, 1, 1});
  convolution.bias = beta - mean * scale;
  return convolution;
}

EfficientAtNetwork::Linear EfficientAtNetwork::take_linear(nn::WeightReader& weights, const std::string& name,
                                                           std::int64_t in) {
  const std::int64_t out = weights.size(name + ".weight", 0);
  return {.name = name,
          .weight = weights.take(name + Linear::kWeight, {out, in}),
          .bias = weights.take(name + Linear::kBias, {out})};
}

EfficientAtNetwork::Block EfficientAtNetwork::take_block(nn::WeightReader& weights, std::size_t position,
                                                         std::int64_t in) {
  const std::string name = concat("features.", position + 1, ".block.");
  const Activation activation = kBlocks[position].is_hard_swish ? Activation::kHardSwish : Activation::kRelu;
  std::size_t layer = 0;
  std::int64_t width = in;
  Block block;
  // The first layer widens, unless there is nothing to widen: then it is the depthwise one, of 3x3 or 5x5.
  if (weights.size(concat(name, 0, ".0.weight"), 2) == 1) {
    block.expand = take_convolution(weights, concat(name, layer++), in);
    block.expand->activation = activation;
    width = block.expand->bias.size(0);
  }
  block.depthwise = take_convolution(weights, concat(name, layer++), width);
  block.depthwise.stride = kBlocks[position].stride;
  block.depthwise.activation = activation;
  const std::string squeeze = concat(name, layer, ".conc_se_layers.0.");
  if (weights.has(squeeze + "fc1.weight")) {
    ++layer;
    const Linear down = take_linear(weights, squeeze + "fc1", width);
    block.squeeze = Squeeze{.down = down, .up = take_linear(weights, squeeze + "fc2", down.bias.size(0))};
  }
  block.project = take_convolution(weights, concat(name, layer), width);
  block.is_residual = kBlocks[position].stride == 1 && block.project.bias.size(0) == in;
  return block;
}

EfficientAtNetwork::EfficientAtNetwork(nn::WeightReader& weights, at::Device device) {
  const at::NoGradGuard no_grad;
  first_ = take_convolution(weights, "features.0", 1);
  first_.stride = 2;
  first_.activation = Activation::kHardSwish;
  std::int64_t width = first_.bias.size(0);
  for (std::size_t position = 0; position < kBlocks.size(); ++position) {
    blocks_.push_back(take_block(weights, position, width));
    width = blocks_.back().project.bias.size(0);
  }
  last_ = take_convolution(weights, concat("features.", kBlocks.size() + 1), width);
  last_.activation = Activation::kHardSwish;
  embedding_ = take_linear(weights, "classifier.2", last_.bias.size(0));
  head_ = take_linear(weights, "classifier.5", embedding_.bias.size(0));
  weights.finish({"*.num_batches_tracked"});
  visit_weights([&](const std::string&, at::Tensor& tensor) {
    const auto format = tensor.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    tensor = tensor.to(device).contiguous(format);
  });
}

template <typename Network, typename Use>
void EfficientAtNetwork::for_each_layer(Network& network, const Use& use) {
  use(network.first_);
  for (auto& block : network.blocks_) {
    if (block.expand) use(*block.expand);
    use(block.depthwise);
    if (block.squeeze) {
      use(block.squeeze->down);
      use(block.squeeze->up);
    }
    use(block.project);
  }
  use(network.last_);
  use(network.embedding_);
  use(network.head_);
}

void EfficientAtNetwork::visit_weights(
    const std::function<void(const std::string& name, at::Tensor& weight)>& visit) {
  for_each_layer(*this, [&](auto& layer) {
    visit(layer.name + layer.kWeight, layer.weight);
    visit(layer.name + layer.kBias, layer.bias);
  });
}

// take_convolution() folds 1 / sqrt((1 - eps) + eps) = 1 in, exactly so in float.
std::vector<nn::NamedTensor> EfficientAtNetwork::published() const {
  std::vector<nn::NamedTensor> tensors;
  const auto add = [&](const auto& layer) {
    const at::Tensor bias = layer.bias.detach();
    tensors.push_back({layer.name + layer.kWeight, layer.weight.detach()});
    tensors.push_back({layer.name + layer.kBias, bias});
    if (layer.weight.dim() != 4) return;
    tensors.push_back({layer.name + ".1.weight", at::ones_like(bias)});
    tensors.push_back({layer.name + ".1.running_mean", at::zeros_like(bias)});
    tensors.push_back({layer.name + ".1.running_var", at::full_like(bias, 1 - kBatchNormEps)});
  };
  for_each_layer(*this, add);
  return tensors;
}

at::Tensor EfficientAtNetwork::Convolution::operator()(const at::Tensor& x) const {
  const std::int64_t padding = weight.size(2) / 2;
  at::Tensor y = at::conv2d(x, weight, bias, {stride, stride}, {padding, padding}, {1, 1}, groups);
  if (activation == Activation::kRelu) at::relu_(y);
  if (activation == Activation::kHardSwish) at::hardswish_(y);
  return y;
}

at::Tensor EfficientAtNetwork::Squeeze::operator()(const at::Tensor& x) const {
  const at::Tensor hidden = at::linear(x.mean({2, 3}), down.weight, down.bias).relu_();
  return at::linear(hidden, up.weight, up.bias).sigmoid_().view({x.size(0), x.size(1), 1, 1});
}

// Squeezed in a new tensor: the gradient of the activation before wants the old one.
at::Tensor EfficientAtNetwork::Block::operator()(const at::Tensor& x) const {
  at::Tensor y = depthwise(expand ? (*expand)(x) : x);
  if (squeeze) y = y * (*squeeze)(y);
  y = project(y);
  return is_residual ? y.add_(x) : y;
}

EfficientAtNetwork::Output EfficientAtNetwork::forward(const at::Tensor& pictures) const {
  at::Tensor x = first_(pictures.contiguous(at::MemoryFormat::ChannelsLast));
  for (const Block& block : blocks_) x = block(x);
  Output output;
  output.embeddings = last_(x).mean({2, 3});
  const at::Tensor hidden = at::hardswish(at::linear(output.embeddings, embedding_.weight, embedding_.bias));
  output.logits = at::linear(hidden, head_.weight, head_.bias);
  return output;
}

}  // namespace pupil::teacher
