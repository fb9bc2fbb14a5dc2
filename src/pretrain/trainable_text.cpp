// SPDX-License-Identifier: Apache-2.0
#include "pretrain/trainable_text.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "nn/clap_text.h"

namespace pupil::pretrain {
namespace {

constexpr double kLayerNormEpsilon = 1e-5;
constexpr std::int64_t kHeadChannels = 64;
constexpr std::int64_t kPadId = 1;  // positions count from behind it

nn::ClapText tower(const nn::TensorSource& weights, const TextSizes& sizes) {
  nn::RobertaSizes roberta;
  roberta.vocabulary = sizes.vocabulary;
  roberta.hidden = sizes.hidden;
  roberta.layer_count = sizes.layer_count;
  roberta.head_count = sizes.hidden / kHeadChannels;
  roberta.intermediate = sizes.intermediate;
  roberta.positions = sizes.max_tokens + kPadId + 1;
  roberta.pad_id = kPadId;
  roberta.layer_norm_eps = kLayerNormEpsilon;
  return nn::ClapText(weights, nn::ClapTextNames::laion(), roberta, sizes.condition_size);
}

// The tower names its own tensors: it is made once of what is drawn here.
std::map<std::string, at::Tensor> initial(const TextSizes& sizes, std::uint64_t seed) {
  const at::Generator random = at::detail::createCPUGenerator(seed);
  std::map<std::string, at::Tensor> tensors;
  const auto draw = [&](const std::string& name, at::IntArrayRef shape) {
    if (shape.size() == 2) {
      const bool table = name.find("embeddings") != std::string::npos;
      const double deviation = table ? 0.1 : 1 / std::sqrt(static_cast<double>(shape[1]));
      return tensors[name] = at::randn(shape, random).mul_(deviation);
    }
    return tensors[name] = name.ends_with("LayerNorm.weight") ? at::ones(shape) : at::zeros(shape);
  };
  tower(draw, sizes);
  return tensors;
}

}  // namespace

TrainableText::TrainableText(const TextSizes& sizes, std::uint64_t seed) : sizes_(sizes) {
  if (sizes.hidden < kHeadChannels || sizes.hidden % kHeadChannels != 0) {
    throw Error(concat("a text tower's width must be a multiple of ", kHeadChannels, ", not ", sizes.hidden));
  }
  const std::map<std::string, at::Tensor> tensors = initial(sizes, seed);
  for (const auto& [name, tensor] : tensors)
    parameters_.add(name, tensor.sizes().vec(), /*decays=*/tensor.dim() > 1);
  parameters_.allocate();
  const at::NoGradGuard no_gradient;
  for (const ParameterSet::Entry& entry : parameters_.entries())
    parameters_.values().narrow(0, entry.first, entry.count).copy_(tensors.at(entry.name).reshape(-1));
}

at::Tensor TrainableText::embed(const nn::TokenBatch& tokens) const {
  return tower([&](const std::string& name, at::IntArrayRef) { return parameters_[name]; }, sizes_)
      .embed(tokens);
}

std::vector<nn::NamedTensor> TrainableText::published(const at::Tensor& values, at::ScalarType dtype) const {
  std::vector<nn::NamedTensor> tensors = parameters_.named(values);
  for (nn::NamedTensor& entry : tensors)
    entry = {concat("query_encoder.model.", entry.name), entry.tensor.detach().to(dtype).contiguous()};
  return tensors;
}

}  // namespace pupil::pretrain
