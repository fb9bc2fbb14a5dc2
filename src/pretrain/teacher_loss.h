// SPDX-License-Identifier: Apache-2.0
// What a teacher is trained for.

#pragma once

#include <ATen/core/Tensor.h>

#include "nn/bpe_tokenizer.h"
#include "pretrain/clap_network.h"
#include "pretrain/parameter_set.h"
#include "pretrain/teacher_batch.h"

namespace pupil::pretrain {

struct TeacherLossWeights {
  /// Examples against their own captions, both ways (CLIP's loss, where captions of the same sounds count as right too).
  double contrast = 0.4;
  /// Over the captions of AudioSet classes: cross-entropy to the softmax of the tagger's evidence.
  double classes = 1.0;
  /// The similarity to a class's caption is linear in the tagger's evidence for it.
  double evidence = 0.1;
  /// The audio tower knows the tagger's embedding (a head that is thrown away).
  double embedding = 1.0;
};

/// The parts as they were, unweighted; those that a batch has no use for are undefined.
struct TeacherLoss {
  at::Tensor total, contrast, classes, evidence, embedding;
};

/// Distance of the similarities [B, K], as logits, from what the tagger's evidence [B, K] says: mean KL divergence.
at::Tensor class_distance(const at::Tensor& logits, const at::Tensor& evidence);

/// What is trained along and left behind: the head towards the tagger's embedding, the line of the evidence.
class TeacherHeads {
 public:
  /// `embedding_mean`, `embedding_deviation` [D] of the tagger's embeddings.
  TeacherHeads(std::int64_t audio_channels, const at::Tensor& embedding_mean,
               const at::Tensor& embedding_deviation, std::uint64_t seed);

  ParameterSet& parameters() { return parameters_; }

  TeacherLoss loss(const ClapNetwork& network, const nn::BpeTokenizer& tokenizer, const TeacherBatch& batch,
                   const TeacherLossWeights& weights) const;

 private:
  ParameterSet parameters_;
  at::Tensor mean_, deviation_;
};

}  // namespace pupil::pretrain
