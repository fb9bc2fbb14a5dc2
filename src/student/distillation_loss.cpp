// SPDX-License-Identifier: Apache-2.0
#include "student/distillation_loss.h"

#include <ATen/ATen.h>

namespace pupil::student {
namespace {

// KL(soft || student), not the cross-entropy: 0 when the student says what the teacher says.
at::Tensor soft_loss(const at::Tensor& logits, const at::Tensor& soft, double temperature) {
  const at::Tensor log_student = at::log_softmax(logits / temperature, 1);
  const at::Tensor entropy = (soft * soft.clamp_min(1e-12).log()).sum(1);
  return (entropy - (soft * log_student).sum(1)).mean() * (temperature * temperature);
}

}  // namespace

at::Tensor soft_targets(const at::Tensor& logits, const LossOptions& options) {
  return options.multi_label ? at::sigmoid(logits) : at::softmax(logits / options.temperature, 1);
}

Loss distillation_loss(const at::Tensor& logits, const at::Tensor& projected, const Targets& targets,
                       const LossOptions& options) {
  at::Tensor hard, soft, embedding = at::zeros({}, logits.options());
  if (options.multi_label) {
    hard = at::binary_cross_entropy_with_logits(logits, targets.hard.clamp(0, 1)).mul(logits.size(1));
    soft = at::binary_cross_entropy_with_logits(logits, targets.soft.clamp(0, 1)).mul(logits.size(1));
  } else {
    hard = -(targets.hard * at::log_softmax(logits, 1)).sum(1).mean();
    soft = soft_loss(logits, targets.soft, options.temperature);
  }
  at::Tensor total = options.alpha * hard + (1.0 - options.alpha) * soft;
  if (options.embedding > 0 && targets.embedding.defined()) {
    embedding = (1.0 - at::cosine_similarity(projected, targets.embedding, 1)).mean();
    total = total + options.embedding * embedding;
  }
  return {total, hard.detach(), soft.detach(), embedding.detach()};
}

}  // namespace pupil::student
