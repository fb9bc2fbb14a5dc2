// SPDX-License-Identifier: Apache-2.0
#include "student/mel_cnn.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>

#include "base/counter_random.h"
#include "base/error.h"
#include "student/cpu_network.h"

namespace pupil::student {
namespace {

constexpr std::uint64_t kInitialWeights = 0x1A17;

struct Places {
  std::vector<ParameterPlace> of_layers;
  std::int64_t parameters = 0;
  std::int64_t statistics = 0;
};

Places place(const NetworkSpec& spec) {
  Places places;
  const auto take = [](std::int64_t* end, std::int64_t count) {
    *end += count;
    return *end - count;
  };
  for (const LayerSpec& layer : spec.layers) {
    ParameterPlace at;
    if (layer.weight_count() > 0) {
      at.weight = take(&places.parameters, layer.weight_count());
      if (layer.convolves()) at.gamma = take(&places.parameters, layer.channels);
      at.beta = take(&places.parameters, layer.channels);
    }
    if (layer.convolves()) {
      at.mean = take(&places.statistics, layer.channels);
      at.variance = take(&places.statistics, layer.channels);
    }
    places.of_layers.push_back(at);
  }
  return places;
}

// The norm in front of an add starts small, so that a deep network starts as a shallow one.
bool ends_residual(const NetworkSpec& spec, std::size_t layer) {
  return layer + 1 < spec.layers.size() && spec.layers[layer + 1].kind == LayerKind::add;
}

void fill_initial(const NetworkSpec& spec, const std::vector<ParameterPlace>& places, std::uint64_t seed,
                  float* parameters, float* statistics) {
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    if (layer.weight_count() == 0) continue;
    CounterRandom random(seed, kInitialWeights, i, 0);
    const bool head = layer.kind == LayerKind::head;
    const double deviation = head ? 0.01 : std::sqrt(2.0 / layer.taps());
    for (std::int64_t w = 0; w < layer.weight_count(); ++w) {
      parameters[places[i].weight + w] = static_cast<float>(deviation * random.normal());
    }
    for (std::int64_t c = 0; layer.convolves() && c < layer.channels; ++c) {
      parameters[places[i].gamma + c] = ends_residual(spec, i) ? 0.5F : 1.0F;
      statistics[places[i].variance + c] = 1.0F;
    }
  }
}

}  // namespace

MelCnn::MelCnn(NetworkSpec spec, at::Device device, std::uint64_t seed, bool fast_cpu)
    : spec_(std::move(spec)) {
  Places places = place(spec_);
  places_ = std::move(places.of_layers);
  at::Tensor parameters = at::zeros({places.parameters});
  at::Tensor statistics = at::zeros({places.statistics});
  fill_initial(spec_, places_, seed, parameters.data_ptr<float>(), statistics.data_ptr<float>());
  parameters_ = parameters.to(device).requires_grad_();
  statistics_ = statistics.to(device);
  if (device.is_cpu() && fast_cpu) cpu_ = std::make_unique<CpuNetwork>(spec_, places_);
}

MelCnn::~MelCnn() = default;

at::Tensor MelCnn::decay_mask() const {
  at::Tensor mask = at::zeros({parameters_.numel()});
  for (std::size_t i = 0; i < spec_.layers.size(); ++i) {
    const LayerSpec& layer = spec_.layers[i];
    if (layer.weight_count() > 0) mask.narrow(0, places_[i].weight, layer.weight_count()).fill_(1.0);
  }
  return mask.to(parameters_.device());
}

void MelCnn::divide(training::ProcessGroup* group) {
  if (cpu_) return cpu_->divide(group);
  if (group != nullptr)
    throw Error("several processes train on processors, not on a GPU: [train] device = \"cpu\"");
}

MelCnn::Output MelCnn::forward(const at::Tensor& input, bool training) {
  const LayerSpec& head = spec_.layers.back();
  const ParameterPlace& at_head = places_.back();
  Output output;
  output.features =
      cpu_ ? cpu_->forward(input, parameters_, statistics_, training) : body_with_torch(input, training);
  const at::Tensor weight =
      parameters_.narrow(0, at_head.weight, head.weight_count()).view({head.channels, head.input_channels});
  const at::Tensor bias = parameters_.narrow(0, at_head.beta, head.channels);
  output.logits = at::addmm(bias, output.features, weight.t());
  return output;
}

at::Tensor MelCnn::body_with_torch(const at::Tensor& input, bool training) {
  std::vector<at::Tensor> tensors = {input.unsqueeze(1)};  // [B, C, T, F] from here on
  for (std::size_t i = 0; i < spec_.layers.size(); ++i) {
    const LayerSpec& layer = spec_.layers[i];
    const ParameterPlace& at = places_[i];
    at::Tensor y = tensors.back();
    if (layer.kind == LayerKind::head) break;
    if (layer.convolves()) {
      const bool depthwise = layer.kind == LayerKind::depthwise;
      const at::Tensor flat = parameters_.narrow(0, at.weight, layer.weight_count());
      const at::Tensor weight =
          depthwise ? flat.view({layer.kernel.t, layer.kernel.f, layer.channels, 1}).permute({2, 3, 0, 1})
                    : flat.view({layer.channels, layer.kernel.t, layer.kernel.f, layer.input_channels})
                          .permute({0, 3, 1, 2});
      y = at::conv2d(y, weight, at::Tensor(), at::IntArrayRef({layer.kernel.stride_t, layer.kernel.stride_f}),
                     at::IntArrayRef({0, layer.pad_f()}), at::IntArrayRef({1, 1}),
                     depthwise ? layer.channels : 1);
      y = at::batch_norm(
          y, parameters_.narrow(0, at.gamma, layer.channels), parameters_.narrow(0, at.beta, layer.channels),
          statistics_.narrow(0, at.mean, layer.channels), statistics_.narrow(0, at.variance, layer.channels),
          training, kNormMomentum, kNormEpsilon, true);
    } else if (layer.kind == LayerKind::add) {
      const at::Tensor& skip = tensors[static_cast<std::size_t>(layer.skip_tensor)];
      y = y + skip.narrow(2, layer.skip_crop, layer.frames);
    } else if (layer.kind == LayerKind::mean_f) {
      y = y.mean({3}, true);
    } else {
      return y.mean({2, 3});
    }
    if (layer.relu) y = at::relu(y);
    tensors.push_back(y);
  }
  return {};
}

}  // namespace pupil::student
