// SPDX-License-Identifier: Apache-2.0
// What the student is asked for: the teacher's hard labels, its soft targets and, if wished, its embedding.

#pragma once

#include <ATen/core/Tensor.h>

namespace pupil::student {

struct LossOptions {
  double alpha = 0.1;        ///< weight of the hard labels
  double temperature = 2.0;  ///< softens both sides of the soft part
  double embedding = 0.0;    ///< weight of the cosine distance
  bool multi_label = false;  ///< BCE per class instead of one softmax
};

/// The soft targets [B, K] that a network with these logits would set.
at::Tensor soft_targets(const at::Tensor& logits, const LossOptions& options);

/// Targets of a batch, on the device of the logits.
struct Targets {
  at::Tensor hard;       ///< [B, K], rows sum to 1, or to 0 where there is no label
  at::Tensor soft;       ///< [B, K], already softened by the temperature; rows of 0 have none
  at::Tensor embedding;  ///< [B, E]; undefined when it is not learned
};

struct Loss {
  at::Tensor total;  ///< scalar with a gradient
  at::Tensor hard;   ///< scalars without one, for the record, unweighted
  at::Tensor soft;
  at::Tensor embedding;
};

/// One class of K: alpha CE(hard) + (1 - alpha) T^2 KL(soft || softmax(z / T)). Multi-label: the same weights
/// on BCE(hard) and BCE(soft). Plus embedding (1 - cosine(projected, target)). Means over the batch.
/// `projected` [B, E]: the student's features through a projection that is thrown away; undefined when
/// embedding is 0.
Loss distillation_loss(const at::Tensor& logits, const at::Tensor& projected, const Targets& targets,
                       const LossOptions& options);

}  // namespace pupil::student
