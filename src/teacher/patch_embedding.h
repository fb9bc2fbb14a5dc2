// SPDX-License-Identifier: Apache-2.0
// HTS-AT's first step: image patches to channels, and, in fused models, the whole of a long clip joined with
// its chunks by attentional feature fusion (AFF).

#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

#include "nn/layers.h"
#include "nn/weight_reader.h"
#include "teacher/htsat_sizes.h"

namespace pupil::teacher {

/// Decides per patch and channel how much of two views to keep. Batch norms are folded into the weights.
class AttentionFusion {
 public:
  AttentionFusion(nn::WeightReader& weights, const std::string& name, std::int64_t channels,
                  std::int64_t inner_channels);

  /// `whole` and `local` are [B, N, E] over the same patches; returns [B, N, E].
  at::Tensor operator()(const at::Tensor& whole, const at::Tensor& local) const;

 private:
  /// Two 1x1 convolutions with a ReLU between them.
  struct Bottleneck {
    nn::Linear first, second;
    at::Tensor operator()(const at::Tensor& x) const;
  };
  static Bottleneck take(nn::WeightReader& weights, const std::string& name, int first_index,
                         std::int64_t channels, std::int64_t inner_channels);

  Bottleneck local_, global_;
};

class PatchEmbedding {
 public:
  PatchEmbedding(nn::WeightReader& weights, const std::string& root, const HtsatSizes& sizes);

  /// `image` is [B, C, side, side]: C is 1, or 4 in a fused model (the whole clip, then three chunks).
  /// `longer` (bool [B], fused models only) says which rows have chunks that differ from the whole.
  /// Returns [B, patches, E].
  at::Tensor forward(const at::Tensor& image, const at::Tensor& longer) const;

 private:
  at::Tensor embed_whole(const at::Tensor& image) const;
  at::Tensor embed_chunks(const at::Tensor& image) const;

  HtsatSizes sizes_;
  nn::Linear whole_;  // [E, patch * patch]
  nn::Linear chunk_;  // [E, patch * 3 patch]
  nn::LayerNorm norm_;
  std::optional<AttentionFusion> fusion_;
};

}  // namespace pupil::teacher
