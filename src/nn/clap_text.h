// SPDX-License-Identifier: Apache-2.0
// CLAP's text tower: RoBERTa and a projection into the space that text and audio share. AudioSep's queries
// and the teacher's prompts go through it.

#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <span>
#include <string>

#include "nn/bpe_tokenizer.h"
#include "nn/layers.h"
#include "nn/roberta.h"
#include "nn/weight_reader.h"

namespace pupil::nn {

/// Two linear layers with a ReLU between them.
struct ClapProjection {
  Linear first, second;
  at::Tensor operator()(const at::Tensor& x) const;
};

/// How the two published layouts name the text tower's tensors.
struct ClapTextNames {
  std::string roberta;           ///< In front of "embeddings." and "encoder.".
  std::string projection_first;  ///< Without ".weight".
  std::string projection_second;
  static ClapTextNames hugging_face();
  static ClapTextNames laion();
};

/// Texts to embeddings, for inference and training. Threads: const functions may be called from several.
class ClapText {
 public:
  struct Output {
    Roberta::Output roberta;
    at::Tensor projection;  ///< [B, D], before normalisation
  };

  /// Takes the text tower's tensors from `weights`. In a training: made anew for every step, as Roberta.
  ClapText(const TensorSource& weights, const ClapTextNames& names, const RobertaSizes& sizes,
           std::int64_t projection_size);
  /// With all sizes from the tensors, as LAION's checkpoints (and AudioSep's, behind a prefix) need it.
  static ClapText from_laion(WeightReader& weights);

  const RobertaSizes& sizes() const { return roberta_.sizes(); }

  /// Throws Error unless the tokenizer's ids all have a row in the embedding table and its padding is the
  /// one the tower was trained with: a tokenizer of another vocabulary.
  void check_tokenizer(const BpeTokenizer& tokenizer) const;

  /// Differentiable; keeps nothing of `tokens`.
  Output forward(const TokenBatch& tokens) const;

  /// forward()'s projections at length 1, [B, D]; differentiable.
  at::Tensor embed(const TokenBatch& tokens) const;

  /// Embeddings of length 1, [texts, D] float32. Texts longer than the tower takes are cut.
  /// Throws Error on an empty text (or one of white space alone), one that is not UTF-8, and as
  /// check_tokenizer.
  at::Tensor embed(const BpeTokenizer& tokenizer, std::span<const std::string> texts) const;

 private:
  Roberta roberta_;
  ClapProjection projection_;
};

/// Where the tokenizer of CLAP weights in `folder` is: there, or with a CLAP model of the same family that
/// `pupil models fetch` brought (LAION's checkpoints come without one). Empty when there is none.
std::filesystem::path find_clap_tokenizer(const std::filesystem::path& folder);

/// Takes both layers of a projection from `in` channels to `size`.
ClapProjection take_clap_projection(const TensorSource& weights, const std::string& first,
                                    const std::string& second, std::int64_t in, std::int64_t size);

}  // namespace pupil::nn
