// SPDX-License-Identifier: Apache-2.0
#include "nn/roberta.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace pupil::nn {
namespace {

// Query, key and value side by side, so that one multiplication makes all three.
Linear take_query_key_value(const TensorSource& weights, const std::string& name, std::int64_t hidden) {
  const Linear query = take_linear(weights, name + ".query", hidden, hidden);
  const Linear key = take_linear(weights, name + ".key", hidden, hidden);
  const Linear value = take_linear(weights, name + ".value", hidden, hidden);
  return {at::cat({query.weight, key.weight, value.weight}), at::cat({query.bias, key.bias, value.bias})};
}

void check(const RobertaSizes& sizes) {
  const bool positive = sizes.vocabulary > 0 && sizes.hidden > 0 && sizes.layer_count > 0 &&
                        sizes.head_count > 0 && sizes.intermediate > 0 && sizes.positions > 0 &&
                        sizes.token_types > 0;
  if (!positive) throw Error("text tower: every size must be positive");
  // Positions are counted from behind the padding's.
  if (sizes.pad_id < 0 || sizes.pad_id >= sizes.positions || sizes.pad_id >= sizes.vocabulary)
    throw Error(
        concat("text tower: pad_token_id is ", sizes.pad_id, ", with ", sizes.positions, " positions"));
  if (sizes.hidden % sizes.head_count != 0) {
    throw Error(
        concat("text tower: ", sizes.hidden, " channels do not divide into ", sizes.head_count, " heads"));
  }
}

}  // namespace

RobertaSizes RobertaSizes::from_tensors(WeightReader& weights, const std::string& prefix) {
  RobertaSizes sizes;
  const std::string words = prefix + "embeddings.word_embeddings.weight";
  sizes.vocabulary = weights.size(words, 0);
  sizes.hidden = weights.size(words, 1);
  sizes.positions = weights.size(prefix + "embeddings.position_embeddings.weight", 0);
  sizes.token_types = weights.size(prefix + "embeddings.token_type_embeddings.weight", 0);
  sizes.intermediate = weights.size(prefix + "encoder.layer.0.intermediate.dense.weight", 0);
  sizes.layer_count = 0;
  while (weights.has(concat(prefix, "encoder.layer.", sizes.layer_count, ".output.dense.weight"))) {
    ++sizes.layer_count;
  }
  constexpr std::int64_t kHeadChannels = 64;
  sizes.head_count = sizes.hidden >= kHeadChannels ? sizes.hidden / kHeadChannels : 4;
  sizes.layer_norm_eps = 1e-5;
  return sizes;
}

Roberta::Roberta(const TensorSource& weights, const std::string& prefix, const RobertaSizes& sizes)
    : sizes_(sizes) {
  check(sizes);
  const std::int64_t hidden = sizes.hidden;
  const std::string embeddings = prefix + "embeddings.";
  word_table_ = weights(embeddings + "word_embeddings.weight", {sizes.vocabulary, hidden});
  position_table_ = weights(embeddings + "position_embeddings.weight", {sizes.positions, hidden});
  token_type_table_ = weights(embeddings + "token_type_embeddings.weight", {sizes.token_types, hidden});
  embedding_norm_ = take_layer_norm(weights, embeddings + "LayerNorm", hidden, sizes.layer_norm_eps);
  for (std::int64_t i = 0; i < sizes.layer_count; ++i) {
    const std::string name = concat(prefix, "encoder.layer.", i, ".");
    Layer layer;
    layer.query_key_value = take_query_key_value(weights, name + "attention.self", hidden);
    layer.attention_output = take_linear(weights, name + "attention.output.dense", hidden, hidden);
    layer.attention_norm =
        take_layer_norm(weights, name + "attention.output.LayerNorm", hidden, sizes.layer_norm_eps);
    layer.intermediate = take_linear(weights, name + "intermediate.dense", sizes.intermediate, hidden);
    layer.output = take_linear(weights, name + "output.dense", hidden, sizes.intermediate);
    layer.output_norm = take_layer_norm(weights, name + "output.LayerNorm", hidden, sizes.layer_norm_eps);
    layers_.push_back(std::move(layer));
  }
  pooler_ = take_linear(weights, prefix + "pooler.dense", hidden, hidden);
}

// Positions count tokens from pad_id + 1 on; padding keeps pad_id.
at::Tensor Roberta::embed(const at::Tensor& ids) const {
  const at::Tensor is_token = ids.ne(sizes_.pad_id).to(at::kLong);
  const at::Tensor positions = at::cumsum(is_token, 1) * is_token + sizes_.pad_id;
  return embedding_norm_(at::embedding(word_table_, ids) + token_type_table_[0] +
                         at::embedding(position_table_, positions));
}

at::Tensor Roberta::attend(const Layer& layer, const at::Tensor& x, const at::Tensor& mask_bias) const {
  const std::int64_t batch = x.size(0), length = x.size(1);
  const std::int64_t head_channels = sizes_.hidden / sizes_.head_count;
  // [3, B, heads, T, channels]
  const at::Tensor split = layer.query_key_value(x)
                               .view({batch, length, 3, sizes_.head_count, head_channels})
                               .permute({2, 0, 3, 1, 4});
  const double scale = 1.0 / std::sqrt(static_cast<double>(head_channels));
  const at::Tensor scores = at::matmul(split[0], split[1].transpose(-2, -1)) * scale + mask_bias;
  const at::Tensor mixed = at::matmul(at::softmax(scores, -1), split[2]);
  return layer.attention_output(mixed.transpose(1, 2).reshape({batch, length, sizes_.hidden}));
}

Roberta::Output Roberta::forward(const at::Tensor& ids, const at::Tensor& mask) const {
  const std::int64_t longest = sizes_.positions - sizes_.pad_id - 1;
  if (ids.size(1) > longest) {
    throw Error(concat("text of ", ids.size(1), " tokens; the text tower takes ", longest));
  }
  if (ids.numel() > 0 &&
      (ids.min().item<std::int64_t>() < 0 || ids.max().item<std::int64_t>() >= sizes_.vocabulary)) {
    throw Error(concat("token id ", ids.max().item<std::int64_t>(),
                       " is outside the text tower's vocabulary of ", sizes_.vocabulary,
                       " tokens: the tokenizer belongs to another model"));
  }
  const at::Tensor mask_bias = ((1 - mask.to(at::kFloat)) * std::numeric_limits<float>::lowest())
                                   .view({ids.size(0), 1, 1, ids.size(1)});
  at::Tensor x = embed(ids);
  for (const Layer& layer : layers_) {
    x = layer.attention_norm(attend(layer, x, mask_bias) + x);
    x = layer.output_norm(layer.output(at::gelu(layer.intermediate(x))) + x);
  }
  return {x, at::tanh(pooler_(x.select(1, 0)))};
}

}  // namespace pupil::nn
