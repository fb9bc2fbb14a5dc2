// SPDX-License-Identifier: Apache-2.0
// The RoBERTa text encoder, for inference and training. Used by ClapText.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nn/layers.h"
#include "nn/weight_reader.h"

namespace pupil::nn {

/// Sizes of a RoBERTa; the defaults are roberta-base as Hugging Face's ClapTextConfig has it.
struct RobertaSizes {
  std::int64_t vocabulary = 50265;
  std::int64_t hidden = 768;
  std::int64_t layer_count = 12;
  std::int64_t head_count = 12;
  std::int64_t intermediate = 3072;
  /// Rows of the position table; a text may have two tokens fewer (positions begin behind the padding's id).
  std::int64_t positions = 514;
  std::int64_t token_types = 1;
  std::int64_t pad_id = 1;
  double layer_norm_eps = 1e-12;

  /// The sizes that the tensors under `prefix` ("text_branch.") have. Head count and eps are not in tensors:
  /// 64 channels per head as in every published RoBERTa (4 heads in networks narrower than that), eps 1e-5.
  static RobertaSizes from_tensors(WeightReader& weights, const std::string& prefix);
};

class Roberta {
 public:
  struct Output {
    at::Tensor last_hidden;  ///< [B, T, hidden]
    at::Tensor pooled;       ///< [B, hidden]: tanh(dense(first token))
  };

  /// Takes the tensors under `prefix` from `weights`. Query, key and value are joined into one matrix here: a
  /// training, whose weights move, makes a new Roberta of its leaves for every step. Throws Error when the
  /// sizes contradict each other.
  Roberta(const TensorSource& weights, const std::string& prefix, const RobertaSizes& sizes);

  const RobertaSizes& sizes() const { return sizes_; }

  /// Differentiable. `ids` and `mask` int64 [B, T], mask 1 for tokens and 0 for padding.
  /// Throws Error if T is longer than the position table allows or an id is outside the vocabulary.
  Output forward(const at::Tensor& ids, const at::Tensor& mask) const;

 private:
  struct Layer {
    Linear query_key_value, attention_output, intermediate, output;
    LayerNorm attention_norm, output_norm;
  };

  at::Tensor embed(const at::Tensor& ids) const;
  at::Tensor attend(const Layer& layer, const at::Tensor& x, const at::Tensor& mask_bias) const;

  RobertaSizes sizes_;
  at::Tensor word_table_, position_table_, token_type_table_;
  LayerNorm embedding_norm_;
  std::vector<Layer> layers_;
  Linear pooler_;
};

}  // namespace pupil::nn
