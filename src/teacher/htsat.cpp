// SPDX-License-Identifier: Apache-2.0
// HTS-AT, CLAP's audio tower: a log-mel picture folded into a square, patches, and a Swin transformer over them.
//
// 1. x is [B, patches, channels] all the way; blocks add to it in place. A trace gets copies.
// 2. A batch runs through a block in slices (kPatchesAttended, kPatchesTransformed) whose intermediate values fit the
//    cache. Slices change no number: attention never leaves a window, and the MLP never leaves a patch.
// 3. Odd blocks shift their windows by half, except where one window covers the whole square.

#include "teacher/htsat.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rsqrt.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "teacher/mel_image.h"

namespace pupil::teacher {
namespace {

// How many patches pass through attention and through the MLP at once.
constexpr std::int64_t kPatchesAttended = 1024;
constexpr std::int64_t kPatchesTransformed = 512;

const HtsatSizes& checked(const HtsatSizes& sizes) {
  check(sizes);
  return sizes;
}

nn::Linear take_query_key_value(nn::WeightReader& weights, const HtsatNames& names, const std::string& block,
                                std::int64_t channels, bool with_bias) {
  if (!names.query_key_value.empty()) {
    return nn::take_linear(weights, concat(block, names.query_key_value), 3 * channels, channels, with_bias);
  }
  const auto part = [&](const char* name) {
    return nn::take_linear(weights, concat(block, names.query_key_value_root, name), channels, channels,
                           with_bias);
  };
  const nn::Linear query = part("query"), key = part("key"), value = part("value");
  return {at::cat({query.weight, key.weight, value.weight}),
          with_bias ? at::cat({query.bias, key.bias, value.bias}) : at::Tensor()};
}

// Files carry the index although it follows from the window; one that differs means another network.
void check_position_index(nn::WeightReader& weights, const std::string& name, std::int64_t window) {
  if (!weights.has(name)) return;
  const std::int64_t patches = window * window;
  if (!at::equal(weights.take_integers(name, {patches, patches}), relative_position_index(window))) {
    weights.note(name + ": is not that of a window of " + std::to_string(window));
  }
}

}  // namespace

Htsat::Block Htsat::take_block(nn::WeightReader& weights, const HtsatNames& names, std::int64_t stage,
                               std::int64_t block) const {
  const HtsatSizes& sizes = sizes_;
  const std::string name = block_name(names, stage, block);
  const std::int64_t channels = sizes.channels(stage), mlp = sizes.mlp_channels(stage);
  const std::int64_t side = sizes.side(stage), window = sizes.window;
  const std::int64_t shift = block % 2 == 1 && side > window ? window / 2 : 0;
  const std::int64_t heads = sizes.head_counts[static_cast<std::size_t>(stage)];
  const auto norm = [&](std::string_view which) {
    return nn::take_layer_norm(weights, concat(name, which), channels, sizes.layer_norm_eps);
  };
  const auto linear = [&](std::string_view which, std::int64_t out, std::int64_t in,
                          nn::Activation activation = nn::Activation::none) {
    return nn::PackedLinear(nn::take_linear(weights, concat(name, which), out, in), factors_, activation);
  };
  Block taken;
  taken.norm_before = norm(names.norm_before);
  taken.query_key_value = nn::PackedLinear(
      take_query_key_value(weights, names, name, channels, sizes.query_key_value_bias), factors_);
  const std::string root = concat(name, names.attention_root);
  check_position_index(weights, root + "relative_position_index", window);
  const at::Tensor table =
      weights.take(root + "relative_position_bias_table", {(2 * window - 1) * (2 * window - 1), heads});
  taken.windows = make_window_layout(side, window, shift, table);
  taken.attention_output = linear(names.attention_output, channels, channels);
  taken.norm_after = norm(names.norm_after);
  taken.mlp_first = linear(names.mlp_first, mlp, channels, nn::Activation::gelu);
  taken.mlp_second = linear(names.mlp_second, channels, mlp);
  return taken;
}

Htsat::Htsat(nn::WeightReader& weights, const HtsatNames& names, const HtsatSizes& sizes,
             nn::Precision precision)
    : sizes_(checked(sizes)), factors_(nn::factor_type(precision)), patches_(weights, names.root, sizes) {
  const std::string mel_norm = concat(names.root, names.batch_norm, ".");
  const at::Tensor mean = weights.take(mel_norm + "running_mean", {sizes.mel_count});
  const at::Tensor variance = weights.take(mel_norm + "running_var", {sizes.mel_count});
  mel_scale_ = weights.take(mel_norm + "weight", {sizes.mel_count}) * at::rsqrt(variance + 1e-5);
  mel_shift_ = weights.take(mel_norm + "bias", {sizes.mel_count}) - mean * mel_scale_;
  for (std::int64_t s = 0; s < sizes.stage_count(); ++s) {
    Stage stage;
    for (std::int64_t b = 0; b < sizes.depths[static_cast<std::size_t>(s)]; ++b) {
      stage.blocks.push_back(take_block(weights, names, s, b));
    }
    if (s + 1 < sizes.stage_count()) {
      const std::string name = concat(names.root, "layers.", s, ".downsample.");
      const std::int64_t channels = sizes.channels(s);
      stage.merge_norm = nn::take_layer_norm(weights, name + "norm", 4 * channels, sizes.layer_norm_eps);
      const nn::Linear merge =
          nn::take_linear(weights, name + "reduction", 2 * channels, 4 * channels, /*with_bias=*/false);
      stage.merge = nn::PackedLinear(merge, factors_);
    }
    stages_.push_back(std::move(stage));
  }
  norm_ = nn::take_layer_norm(weights, names.root + "norm", sizes.out_channels(), sizes.layer_norm_eps);
}

at::Tensor Htsat::to_image(const at::Tensor& features, const HtsatTrace& trace) const {
  const at::Tensor normed = features * mel_scale_ + mel_shift_;
  if (trace) trace("after_batch_norm", normed);
  const at::Tensor image = fold_frames(stretch_frames(normed, sizes_.image_frames()), sizes_.fold_count());
  if (trace) trace("mel2img", image);
  return image;
}

void Htsat::attend(const Block& block, at::Tensor x) {
  const at::Tensor normed = block.norm_before(x, block.query_key_value.input_type());
  const at::Tensor heads = block.query_key_value(normed);
  block.attention_output.add_to(x,
                                window_attention(heads, block.windows, block.attention_output.input_type()));
}

void Htsat::transform(const Block& block, at::Tensor x) {
  const at::Tensor normed = block.norm_after(x, block.mlp_first.input_type());
  block.mlp_second.add_to(x, block.mlp_first(normed, block.mlp_second.input_type()));
}

// A batch goes through in slices whose intermediate values stay in the processor's cache; without that a clip
// in a batch of 8 costs a third more than alone.
void Htsat::run(const Block& block, at::Tensor& x) {
  const std::int64_t clips = x.size(0),
                     clips_at_once = std::max<std::int64_t>(1, kPatchesAttended / x.size(1));
  for (std::int64_t clip = 0; clip < clips; clip += clips_at_once) {
    attend(block, x.slice(0, clip, std::min(clip + clips_at_once, clips)));
  }
  const at::Tensor rows = x.view({-1, x.size(2)});
  for (std::int64_t row = 0; row < rows.size(0); row += kPatchesTransformed) {
    transform(block, rows.slice(0, row, std::min(row + kPatchesTransformed, rows.size(0))));
  }
}

// Each 2 x 2 square of patches becomes one; its four lie in the order (0,0) (1,0) (0,1) (1,1) of (row,
// column).
at::Tensor Htsat::merge(const Stage& stage, const at::Tensor& x, std::int64_t side) {
  const std::int64_t batch = x.size(0), half = side / 2, channels = x.size(2);
  const at::Tensor squares = x.view({batch, half, 2, half, 2, channels})
                                 .permute({0, 1, 3, 4, 2, 5})
                                 .reshape({batch, half * half, 4 * channels});
  return stage.merge(stage.merge_norm(squares, stage.merge.input_type()));
}

at::Tensor Htsat::forward(const at::Tensor& features, const at::Tensor& longer,
                          const HtsatTrace& trace) const {
  const std::int64_t channels = sizes_.fusion ? 4 : 1;
  if (features.dim() != 4 || features.size(1) != channels || features.size(3) != sizes_.mel_count) {
    throw Error(
        concat("audio tower: features of another shape than [B, ", channels, ", T, ", sizes_.mel_count, "]"));
  }
  at::Tensor x = patches_.forward(to_image(features, trace), longer);
  if (trace) trace("after_patch_embed", x.clone());
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    for (std::size_t b = 0; b < stages_[s].blocks.size(); ++b) {
      run(stages_[s].blocks[b], x);
      if (trace) trace(concat("stage", s, "_block", b), x.clone());
    }
    if (s + 1 < stages_.size()) x = merge(stages_[s], x, sizes_.side(static_cast<std::int64_t>(s)));
    if (trace) trace(concat("after_stage", s), x.clone());
  }
  x = norm_(x);
  if (trace) trace("after_final_norm", x);
  return x;
}

at::Tensor Htsat::arranged(const at::Tensor& patches) const {
  const std::int64_t batch = patches.size(0), channels = patches.size(2);
  const std::int64_t side = sizes_.side(sizes_.stage_count() - 1), folds = sizes_.fold_count();
  return patches.transpose(1, 2)
      .reshape({batch, channels, folds, side / folds, side})
      .transpose(2, 3)
      .reshape({batch, channels, side / folds, folds * side});
}

}  // namespace pupil::teacher
