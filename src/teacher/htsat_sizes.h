// SPDX-License-Identifier: Apache-2.0
// The sizes of an HTS-AT audio tower and the names its tensors bear in the two published layouts.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nn/weight_reader.h"

namespace pupil::teacher {

/// Defaults: HTSAT-tiny, as Hugging Face's ClapAudioConfig has it.
struct HtsatSizes {
  std::int64_t mel_count = 64;
  /// Side of the square image that the mel frames are folded into, in pixels.
  std::int64_t image = 256;
  /// Side of a patch, equal to its stride, in pixels.
  std::int64_t patch = 4;
  /// Channels of the first stage; each further stage has twice as many.
  std::int64_t patch_channels = 96;
  std::vector<std::int64_t> depths = {2, 2, 6, 2};
  std::vector<std::int64_t> head_counts = {4, 8, 16, 32};
  /// Side of an attention window, in patches.
  std::int64_t window = 8;
  /// Hidden channels of a block's MLP, per channel.
  double mlp_ratio = 4.0;
  bool query_key_value_bias = true;
  bool patch_norm = true;
  double layer_norm_eps = 1e-5;
  /// Fusion of a long clip's chunks (AFF); `fusion_channels` is its bottleneck.
  bool fusion = false;
  std::int64_t fusion_channels = 24;

  std::int64_t stage_count() const { return static_cast<std::int64_t>(depths.size()); }
  std::int64_t channels(std::int64_t stage) const { return patch_channels << stage; }
  /// Channels behind the last stage.
  std::int64_t out_channels() const { return channels(stage_count() - 1); }
  /// Side of a stage's square of patches.
  std::int64_t side(std::int64_t stage) const { return (image / patch) >> stage; }
  std::int64_t mlp_channels(std::int64_t stage) const;
  /// How many stretches of time lie above each other in the image.
  std::int64_t fold_count() const { return image / mel_count; }
  /// Frames that the image shows; fewer are stretched to it.
  std::int64_t image_frames() const { return image * fold_count(); }
};

/// Throws Error that says what contradicts what.
void check(const HtsatSizes& sizes);

/// Names, all without ".weight" and ".bias"; those of a block are relative to it.
struct HtsatNames {
  std::string root;  ///< In front of "patch_embed." and "layers.".
  std::string_view batch_norm;
  std::string_view norm_before;
  std::string_view norm_after;
  /// One of the two is empty: a tensor for all three, or three tensors.
  std::string_view query_key_value;
  std::string_view query_key_value_root;
  std::string_view attention_output;
  std::string_view attention_root;  ///< In front of "relative_position_bias_table".
  std::string_view mlp_first;
  std::string_view mlp_second;

  static HtsatNames hugging_face();
  static HtsatNames laion();
};

/// The sizes that the tensors have. What tensors do not tell is as published (image 256, eps 1e-5).
HtsatSizes htsat_sizes_from_tensors(nn::WeightReader& weights, const HtsatNames& names);

/// "layers.S.blocks.B."
std::string block_name(const HtsatNames& names, std::int64_t stage, std::int64_t block);

}  // namespace pupil::teacher
