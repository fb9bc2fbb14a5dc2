// SPDX-License-Identifier: Apache-2.0
#include "general/vggish.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>

#include <array>
#include <string>

#include "general/patch_front_end.h"
#include "nn/weight_reader.h"

namespace pupil::general {
namespace {

// Places of the layers with weights in torchvggish's two sequences; the others are ReLU and maxima.
constexpr std::array kConvolutions = {0, 3, 6, 8, 11, 13};
constexpr std::array kLinears = {0, 2, 4};

// A 2x2 maximum follows.
constexpr std::array kIsPooled = {true, true, false, true, false, true};
constexpr std::int64_t kPoolings = 4;

}  // namespace

Vggish Vggish::load(const nn::TensorFile& file) {
  nn::WeightReader weights(file, file.prefix_of(kKnownName));
  Vggish net;
  std::int64_t channels = 1;
  for (const int place : kConvolutions) {
    const std::string name = "features." + std::to_string(place);
    const std::int64_t out = weights.size(name + ".weight", 0);
    net.convolutions_.push_back(
        {weights.take(name + ".weight", {out, channels, 3, 3}), weights.take(name + ".bias", {out})});
    channels = out;
  }
  std::int64_t inputs = channels * (kPatchFrames >> kPoolings) * (kPatchMels >> kPoolings);
  for (const int place : kLinears) {
    const std::string name = "embeddings." + std::to_string(place);
    const std::int64_t out = weights.size(name + ".weight", 0);
    net.linears_.push_back(
        {weights.take(name + ".weight", {out, inputs}), weights.take(name + ".bias", {out})});
    inputs = out;
  }
  weights.finish();
  return net;
}

std::int64_t Vggish::macs() const {
  std::int64_t positions = kPatchFrames * kPatchMels, sum = 0;
  for (std::size_t i = 0; i < convolutions_.size(); ++i) {
    sum += positions * convolutions_[i].weight.numel();
    if (kIsPooled[i]) positions /= 4;
  }
  for (const Layer& layer : linears_) sum += layer.weight.numel();
  return sum;
}

at::Tensor Vggish::forward(const at::Tensor& patches) const {
  at::Tensor x = patches.unsqueeze(1);  // [N, C, T, F]
  for (std::size_t i = 0; i < convolutions_.size(); ++i) {
    x = at::relu(at::conv2d(x, convolutions_[i].weight, convolutions_[i].bias, 1, 1));
    if (kIsPooled[i]) x = at::max_pool2d(x, 2);
  }
  x = x.permute({0, 2, 3, 1}).flatten(1);  // TensorFlow flattens [T, F, C]
  for (std::size_t i = 0; i < linears_.size(); ++i) {
    x = at::linear(x, linears_[i].weight, linears_[i].bias);
    if (i + 1 < linears_.size()) x = at::relu(x);
  }
  return x;
}

}  // namespace pupil::general
