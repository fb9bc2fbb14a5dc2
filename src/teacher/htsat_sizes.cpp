// SPDX-License-Identifier: Apache-2.0
#include "teacher/htsat_sizes.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace pupil::teacher {

std::int64_t HtsatSizes::mlp_channels(std::int64_t stage) const {
  return static_cast<std::int64_t>(mlp_ratio * static_cast<double>(channels(stage)));
}

void check(const HtsatSizes& sizes) {
  const auto require = [](bool holds, const auto&... what) {
    if (!holds) throw Error(concat("audio tower: ", what...));
  };
  require(sizes.mel_count > 0 && sizes.patch > 0 && sizes.patch_channels > 0 && sizes.window > 0 &&
              sizes.image > 0 && sizes.image <= 4096 && sizes.patch_channels <= 1024 && sizes.mlp_ratio > 0 &&
              sizes.mlp_ratio <= 64,
          "a size is not positive, or absurd");
  require(
      !sizes.depths.empty() && sizes.depths.size() <= 8 && sizes.depths.size() == sizes.head_counts.size(),
      sizes.depths.size(), " depths, but ", sizes.head_counts.size(), " counts of heads");
  require(sizes.image % sizes.mel_count == 0 && sizes.image % sizes.patch == 0, "an image of ", sizes.image,
          " does not divide into ", sizes.mel_count, " mel bins and patches of ", sizes.patch);
  for (std::int64_t stage = 0; stage < sizes.stage_count(); ++stage) {
    const auto at = static_cast<std::size_t>(stage);
    require(sizes.depths[at] > 0 && sizes.head_counts[at] > 0 &&
                sizes.channels(stage) % sizes.head_counts[at] == 0,
            "stage ", stage, ": ", sizes.channels(stage), " channels do not divide into ",
            sizes.head_counts[at], " heads");
    require(sizes.side(stage) << stage == sizes.image / sizes.patch && sizes.side(stage) % sizes.window == 0,
            "stage ", stage, ": ", sizes.side(stage), " patches a side do not divide into windows of ",
            sizes.window);
  }
  require(sizes.side(sizes.stage_count() - 1) % sizes.fold_count() == 0, "too many stages for ",
          sizes.fold_count(), " stretches of time");
}

HtsatNames HtsatNames::hugging_face() {
  return {.root = "audio_model.audio_encoder.",
          .batch_norm = "batch_norm",
          .norm_before = "layernorm_before",
          .norm_after = "layernorm_after",
          .query_key_value = "",
          .query_key_value_root = "attention.self.",
          .attention_output = "attention.output.dense",
          .attention_root = "attention.self.",
          .mlp_first = "intermediate.dense",
          .mlp_second = "output.dense"};
}

HtsatNames HtsatNames::laion() {
  return {.root = "audio_branch.",
          .batch_norm = "bn0",
          .norm_before = "norm1",
          .norm_after = "norm2",
          .query_key_value = "attn.qkv",
          .query_key_value_root = "",
          .attention_output = "attn.proj",
          .attention_root = "attn.",
          .mlp_first = "mlp.fc1",
          .mlp_second = "mlp.fc2"};
}

std::string block_name(const HtsatNames& names, std::int64_t stage, std::int64_t block) {
  return concat(names.root, "layers.", stage, ".blocks.", block, ".");
}

HtsatSizes htsat_sizes_from_tensors(nn::WeightReader& weights, const HtsatNames& names) {
  HtsatSizes sizes;
  sizes.mel_count = weights.size(concat(names.root, names.batch_norm, ".weight"), 0);
  const std::string patches = names.root + "patch_embed.";
  sizes.patch_channels = weights.size(patches + "proj.weight", 0);
  sizes.patch = weights.size(patches + "proj.weight", 2);
  sizes.patch_norm = weights.has(patches + "norm.weight");
  sizes.fusion = weights.has(patches + "mel_conv2d.weight");
  if (sizes.fusion) sizes.fusion_channels = weights.size(patches + "fusion_model.local_att.0.weight", 0);

  sizes.depths.clear();
  sizes.head_counts.clear();
  const auto has_block = [&](std::int64_t stage, std::int64_t block) {
    return weights.has(concat(block_name(names, stage, block), names.norm_before, ".weight"));
  };
  for (std::int64_t stage = 0; has_block(stage, 0); ++stage) {
    std::int64_t depth = 0;
    while (has_block(stage, depth)) ++depth;
    sizes.depths.push_back(depth);
    const std::string table =
        concat(block_name(names, stage, 0), names.attention_root, "relative_position_bias_table");
    sizes.head_counts.push_back(weights.size(table, 1));
    // The table has (2 window - 1)^2 rows.
    const double side = std::sqrt(static_cast<double>(weights.size(table, 0)));
    sizes.window = (std::llround(side) + 1) / 2;
  }
  const std::string first_block = block_name(names, 0, 0);
  sizes.mlp_ratio = static_cast<double>(weights.size(concat(first_block, names.mlp_first, ".weight"), 0)) /
                    static_cast<double>(std::max<std::int64_t>(1, sizes.patch_channels));
  sizes.query_key_value_bias = weights.has(concat(first_block, names.query_key_value, ".bias")) ||
                               weights.has(concat(first_block, names.query_key_value_root, "query.bias"));
  return sizes;
}

}  // namespace pupil::teacher
