#include "pretrain/trainable_text.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"
#include "base/text.h"

namespace pupil::pretrain {
namespace {

constexpr double kLayerNormEpsilon = 1e-5;
constexpr std::int64_t kHeadChannels = 64;
constexpr std::int64_t kPadId = 1;  // positions count from behind it

std::string layer_name(std::int64_t number) {
  return concat("text_branch.encoder.layer.", number, ".");
}

std::map<std::string, at::Tensor> initial(const TextSizes& sizes, std::uint64_t seed) {
  const at::Generator random = at::detail::createCPUGenerator(seed);
  std::map<std::string, at::Tensor> tensors;
  const auto table = [&](const std::string& name, std::int64_t rows) {
    tensors[name + ".weight"] = at::randn({rows, sizes.hidden}, random).mul_(0.1);
  };
  const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    tensors[name + ".weight"] =
        at::randn({out, in}, random).mul_(1 / std::sqrt(static_cast<double>(in)));
    tensors[name + ".bias"] = at::zeros({out});
  };
  const auto norm = [&](const std::string& name) {
    tensors[name + ".weight"] = at::ones({sizes.hidden});
    tensors[name + ".bias"] = at::zeros({sizes.hidden});
  };
  const std::string embeddings = "text_branch.embeddings.";
  table(embeddings + "word_embeddings", sizes.vocabulary);
  table(embeddings + "position_embeddings", sizes.max_tokens + kPadId + 1);
  table(embeddings + "token_type_embeddings", 1);
  norm(embeddings + "LayerNorm");
  for (std::int64_t i = 0; i < sizes.layer_count; ++i) {
    const std::string layer = layer_name(i);
    for (const char* part : {"query", "key", "value"})
      linear(concat(layer, "attention.self.", part), sizes.hidden, sizes.hidden);
    linear(layer + "attention.output.dense", sizes.hidden, sizes.hidden);
    norm(layer + "attention.output.LayerNorm");
    linear(layer + "intermediate.dense", sizes.intermediate, sizes.hidden);
    linear(layer + "output.dense", sizes.hidden, sizes.intermediate);
    norm(layer + "output.LayerNorm");
  }
  linear("text_branch.pooler.dense", sizes.hidden, sizes.hidden);
  linear("text_projection.0", sizes.condition_size, sizes.hidden);
  linear("text_projection.2", sizes.condition_size, sizes.condition_size);
  return tensors;
}

at::Tensor tensor_of(const std::vector<std::int64_t>& values, const nn::TokenBatch& tokens) {
  return at::tensor(values, at::kLong).view({tokens.row_count, tokens.length});
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

at::Tensor TrainableText::linear(const at::Tensor& x, const std::string& name) const {
  return at::linear(x, parameters_[name + ".weight"], parameters_[name + ".bias"]);
}

at::Tensor TrainableText::layer_norm(const at::Tensor& x, const std::string& name) const {
  return at::layer_norm(x, {x.size(-1)}, parameters_[name + ".weight"], parameters_[name + ".bias"],
                        kLayerNormEpsilon);
}

at::Tensor TrainableText::attended(const at::Tensor& x, const at::Tensor& mask_bias,
                                   const std::string& layer) const {
  const std::int64_t batch = x.size(0), length = x.size(1);
  // [B, heads, T, channels]
  const auto heads = [&](const char* part) {
    return linear(x, concat(layer, "attention.self.", part))
        .view({batch, length, sizes_.hidden / kHeadChannels, kHeadChannels})
        .transpose(1, 2);
  };
  const double scale = 1 / std::sqrt(static_cast<double>(kHeadChannels));
  const at::Tensor scores = at::matmul(heads("query"), heads("key").transpose(-2, -1)) * scale + mask_bias;
  const at::Tensor mixed = at::matmul(at::softmax(scores, -1), heads("value"));
  return linear(mixed.transpose(1, 2).reshape({batch, length, sizes_.hidden}),
                layer + "attention.output.dense");
}

at::Tensor TrainableText::embed(const nn::TokenBatch& tokens) const {
  const at::Tensor ids = tensor_of(tokens.ids, tokens), mask = tensor_of(tokens.mask, tokens);
  const at::Tensor mask_bias = ((1 - mask.to(at::kFloat)) * std::numeric_limits<float>::lowest())
                                   .view({tokens.row_count, 1, 1, tokens.length});
  const auto table = [&](const char* name) {
    return parameters_[concat("text_branch.embeddings.", name, ".weight")];
  };
  const at::Tensor positions = at::cumsum(mask, 1) * mask + kPadId;
  at::Tensor x = layer_norm(at::embedding(table("word_embeddings"), ids) + table("token_type_embeddings")[0] +
                                at::embedding(table("position_embeddings"), positions),
                            "text_branch.embeddings.LayerNorm");
  for (std::int64_t i = 0; i < sizes_.layer_count; ++i) {
    const std::string layer = layer_name(i);
    x = layer_norm(attended(x, mask_bias, layer) + x, layer + "attention.output.LayerNorm");
    const at::Tensor inner = at::gelu(linear(x, layer + "intermediate.dense"));
    x = layer_norm(linear(inner, layer + "output.dense") + x, layer + "output.LayerNorm");
  }
  const at::Tensor pooled = at::tanh(linear(x.select(1, 0), "text_branch.pooler.dense"));
  const at::Tensor projected = linear(at::relu(linear(pooled, "text_projection.0")), "text_projection.2");
  return projected / at::linalg_vector_norm(projected, 2, at::IntArrayRef{-1}, /*keepdim=*/true).clamp_min(1e-12);
}

std::vector<nn::NamedTensor> TrainableText::published(const at::Tensor& values, at::ScalarType dtype) const {
  std::vector<nn::NamedTensor> tensors = parameters_.named(values);
  for (nn::NamedTensor& entry : tensors)
    entry = {concat("query_encoder.model.", entry.name), entry.tensor.detach().to(dtype).contiguous()};
  return tensors;
}

}  // namespace pupil::pretrain
