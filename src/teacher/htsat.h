// SPDX-License-Identifier: Apache-2.0
// HTS-AT, CLAP's audio tower: a Swin transformer on a log-mel image. Inference only.
//
//   features [B, C, T, F] -> batch norm over mel bins -> stretch to 1024 frames -> fold to a 256 x 256 image
//   -> patches [B, 4096, E] -> 4 stages of window attention, halving the side and doubling the channels
//   between them -> norm -> [B, 64, 8 E] -> mean

#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string_view>
#include <vector>

#include "nn/layers.h"
#include "nn/packed_linear.h"
#include "nn/precision.h"
#include "nn/weight_reader.h"
#include "teacher/htsat_sizes.h"
#include "teacher/patch_embedding.h"
#include "teacher/window_attention.h"

namespace pupil::teacher {

/// Sees what flows between the parts, by the names of golden/clap_tiny's intermediates ("after_batch_norm",
/// "mel2img", "after_patch_embed", "stage0_block1", "after_stage0", "after_final_norm"). For tests.
using HtsatTrace = std::function<void(std::string_view name, const at::Tensor& value)>;

/// Threads: const functions may be called from several.
class Htsat {
 public:
  /// Takes the tensors under names.root; what does not fit is noted in `weights`.
  /// Throws Error when the sizes contradict each other.
  Htsat(nn::WeightReader& weights, const HtsatNames& names, const HtsatSizes& sizes,
        nn::Precision precision = nn::Precision::f32);

  const HtsatSizes& sizes() const { return sizes_; }

  /// `features` is [B, C, T, F] in dB: C is 1, or 4 in a fused model; T at most sizes().image_frames().
  /// `longer`: bool [B], which rows have chunks of their own; looked at by fused models only.
  /// Returns the patches behind the last norm, [B, patches, out_channels].
  at::Tensor forward(const at::Tensor& features, const at::Tensor& longer,
                     const HtsatTrace& trace = {}) const;

  /// Mean over the patches, [B, out_channels].
  static at::Tensor pooled(const at::Tensor& patches) { return patches.mean(1); }

  /// The patches arranged by frequency and time, [B, out_channels, bands, times], as the reference returns
  /// them.
  at::Tensor arranged(const at::Tensor& patches) const;

 private:
  struct Block {
    nn::LayerNorm norm_before, norm_after;
    nn::PackedLinear query_key_value, attention_output, mlp_first, mlp_second;
    WindowLayout windows;
  };
  struct Stage {
    std::vector<Block> blocks;
    nn::LayerNorm merge_norm;  // Of the four patches that become one; not in the last stage.
    nn::PackedLinear merge;
  };

  Block take_block(nn::WeightReader& weights, const HtsatNames& names, std::int64_t stage,
                   std::int64_t block) const;
  at::Tensor to_image(const at::Tensor& features, const HtsatTrace& trace) const;
  // All three change x: [B, patches, C], its clips, its patches.
  static void run(const Block& block, at::Tensor& x);
  static void attend(const Block& block, at::Tensor x);
  static void transform(const Block& block, at::Tensor x);
  static at::Tensor merge(const Stage& stage, const at::Tensor& x, std::int64_t side);

  HtsatSizes sizes_;
  at::ScalarType factors_;            // of the multiplications in blocks and merges
  at::Tensor mel_scale_, mel_shift_;  // the batch norm, [F]
  PatchEmbedding patches_;
  std::vector<Stage> stages_;
  nn::LayerNorm norm_;
};

}  // namespace pupil::teacher
