// SPDX-License-Identifier: Apache-2.0
// The network of quantisation-aware training (QAT): forward() computes the very integers that the device will
// (docs/format.md), so its logits are the device's to the bit; backward passes gradients through the
// roundings as if they were not there (straight-through), and not through values that were cut off. On the
// CPU.

#pragma once

#include <memory>

#include "pupil/edge/log_mel.h"
#include "student/batch_loader.h"
#include "student/learner.h"
#include "student/quantisation.h"

namespace pupil::student {

/// Threads: one at a time per object.
class QatNet : public Learner {
 public:
  /// Starts from a folded float network (quantisation.h); the ranges stay as they are.
  QatNet(NetworkSpec spec, const at::Tensor& folded, std::vector<TensorRange> ranges);
  ~QatNet() override;

  const NetworkSpec& spec() const { return spec_; }
  const std::vector<TensorRange>& ranges() const { return ranges_; }

  /// Scaled frames are rounded to levels as TensorRange 0 says, half up. Call backward before the next forward, with
  /// `training` or without; after it, backward throws Error.
  Output forward(const at::Tensor& input, bool training) override;

  /// forward() from levels [B, T, F] (integers, as floats): what the device makes of frames itself.
  Output forward_levels(const at::Tensor& levels, bool training);

  at::Tensor& parameters() override { return parameters_; }
  at::Tensor& statistics() override { return statistics_; }
  at::Tensor decay_mask() const override;
  void divide(training::ProcessGroup* group) override;

  /// The layers as the model file holds them.
  std::vector<edge::LayerDraft> layers() const;

 private:
  class Passes;
  friend struct QatBody;

  NetworkSpec spec_;
  std::vector<TensorRange> ranges_;
  at::Tensor parameters_;
  at::Tensor statistics_;  // empty: the ranges do not move
  std::shared_ptr<Passes> passes_;
};

/// Levels of the input as the device computes them from log-mel frames (edge: frame * gain + shift in
/// float32, half up); `frames` [n, F].
struct InputScale {
  std::vector<float> gain;   ///< [F]
  std::vector<float> shift;  ///< [F]
};
InputScale input_scale(const FeatureScale& scale, const TensorRange& input);
void input_levels(const InputScale& scale, std::span<const float> frames, std::span<float> levels);

}  // namespace pupil::student
