// SPDX-License-Identifier: Apache-2.0
// The text tower of a separator (query_encoder.h) with weights that learn: nn::ClapText in LAION's names.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nn/bpe_tokenizer.h"
#include "nn/tensor_file.h"
#include "pretrain/parameter_set.h"

namespace pupil::pretrain {

/// Sizes of a tower that is made new. Heads have 64 channels, as whoever reads the checkpoint assumes.
struct TextSizes {
  std::int64_t vocabulary = 600;
  std::int64_t hidden = 64;
  std::int64_t layer_count = 2;
  std::int64_t intermediate = 128;
  /// Tokens that a query may have, <s> and </s> included; longer ones are cut.
  std::int64_t max_tokens = 32;
  /// Length of an embedding: the separation network's condition.
  std::int64_t condition_size = 64;
};

class TrainableText {
 public:
  /// Small random weights; same sizes and seed, same tower. Error: `hidden` is not a multiple of 64.
  TrainableText(const TextSizes& sizes, std::uint64_t seed);

  ParameterSet& parameters() { return parameters_; }
  const ParameterSet& parameters() const { return parameters_; }

  /// Embeddings of length 1, [B, D].
  at::Tensor embed(const nn::TokenBatch& tokens) const;

  /// All tensors a checkpoint needs, under "query_encoder.model.", in `dtype`, with `values`:
  /// parameters().values() or an average of them.
  std::vector<nn::NamedTensor> published(const at::Tensor& values, at::ScalarType dtype) const;

 private:
  TextSizes sizes_;
  ParameterSet parameters_;
};

}  // namespace pupil::pretrain
