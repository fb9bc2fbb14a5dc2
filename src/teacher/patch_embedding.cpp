// SPDX-License-Identifier: Apache-2.0
#include "teacher/patch_embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sigmoid.h>

#include "base/text.h"

namespace pupil::teacher {
namespace {

constexpr std::int64_t kChunkCount = 3;
// A chunk's patch is as high as others and three times as wide, so that three chunks fill one image.
constexpr std::int64_t kChunkWidthRatio = 3;

// The 1x1 convolution `convolution` followed by the batch norm `norm`, as one linear layer.
nn::Linear take_folded(nn::WeightReader& weights, const std::string& convolution, const std::string& norm,
                       std::int64_t out, std::int64_t in) {
  const at::Tensor weight = weights.take(convolution + ".weight", {out, in, 1, 1}).view({out, in});
  const at::Tensor bias = weights.take(convolution + ".bias", {out});
  const at::Tensor mean = weights.take(norm + ".running_mean", {out});
  const at::Tensor variance = weights.take(norm + ".running_var", {out});
  const at::Tensor scale = weights.take(norm + ".weight", {out}) * at::rsqrt(variance + 1e-5);
  const at::Tensor shift = weights.take(norm + ".bias", {out});
  return {weight * scale.unsqueeze(1), (bias - mean) * scale + shift};
}

// Cuts [B, H, W] into patches: [B, H / height, W / width, height * width], dropping columns that fill none.
at::Tensor patches_of(const at::Tensor& image, std::int64_t height, std::int64_t width) {
  const std::int64_t batch = image.size(0), rows = image.size(1) / height, columns = image.size(2) / width;
  return image.slice(2, 0, columns * width)
      .reshape({batch, rows, height, columns, width})
      .transpose(2, 3)
      .reshape({batch, rows, columns, height * width});
}

}  // namespace

at::Tensor AttentionFusion::Bottleneck::operator()(const at::Tensor& x) const {
  return second(at::relu(first(x)));
}

AttentionFusion::Bottleneck AttentionFusion::take(nn::WeightReader& weights, const std::string& name,
                                                  int first_index, std::int64_t channels,
                                                  std::int64_t inner_channels) {
  const auto layer = [&](int offset) { return concat(name, ".", first_index + offset); };
  return {take_folded(weights, layer(0), layer(1), inner_channels, channels),
          take_folded(weights, layer(3), layer(4), channels, inner_channels)};
}

// Layer 0 of the global branch is the pooling.
AttentionFusion::AttentionFusion(nn::WeightReader& weights, const std::string& name, std::int64_t channels,
                                 std::int64_t inner_channels)
    : local_(take(weights, name + ".local_att", 0, channels, inner_channels)),
      global_(take(weights, name + ".global_att", 1, channels, inner_channels)) {}

at::Tensor AttentionFusion::operator()(const at::Tensor& whole, const at::Tensor& local) const {
  const at::Tensor sum = whole + local;
  const at::Tensor share = at::sigmoid(local_(sum) + global_(sum.mean(1, /*keepdim=*/true)));
  return 2 * whole * share + 2 * local * (1 - share);
}

PatchEmbedding::PatchEmbedding(nn::WeightReader& weights, const std::string& root, const HtsatSizes& sizes)
    : sizes_(sizes) {
  const std::string name = root + "patch_embed.";
  const std::int64_t channels = sizes.patch_channels, side = sizes.patch;
  whole_ = {weights.take(name + "proj.weight", {channels, 1, side, side}).reshape({channels, side * side}),
            weights.take(name + "proj.bias", {channels})};
  if (sizes.patch_norm) norm_ = nn::take_layer_norm(weights, name + "norm", channels, sizes.layer_norm_eps);
  if (!sizes.fusion) return;
  const std::int64_t width = side * kChunkWidthRatio;
  chunk_ = {
      weights.take(name + "mel_conv2d.weight", {channels, 1, side, width}).reshape({channels, side * width}),
      weights.take(name + "mel_conv2d.bias", {channels})};
  fusion_.emplace(weights, name + "fusion_model", channels, sizes.fusion_channels);
}

at::Tensor PatchEmbedding::embed_whole(const at::Tensor& image) const {
  return whole_(patches_of(image.select(1, 0), sizes_.patch, sizes_.patch)).flatten(1, 2);
}

// The three chunks side by side; what is missing on the right (one column at the usual sizes) is zero.
at::Tensor PatchEmbedding::embed_chunks(const at::Tensor& image) const {
  const std::int64_t batch = image.size(0), side = image.size(2) / sizes_.patch;
  const at::Tensor chunks = image.slice(1, 1, 1 + kChunkCount).flatten(0, 1);
  const at::Tensor embedded = chunk_(patches_of(chunks, sizes_.patch, sizes_.patch * kChunkWidthRatio));
  const std::int64_t columns = embedded.size(2);
  const at::Tensor row = embedded.view({batch, kChunkCount, side, columns, sizes_.patch_channels})
                             .transpose(1, 2)
                             .reshape({batch, side, kChunkCount * columns, sizes_.patch_channels});
  return at::constant_pad_nd(row, {0, 0, 0, side - kChunkCount * columns}).flatten(1, 2);
}

at::Tensor PatchEmbedding::forward(const at::Tensor& image, const at::Tensor& longer) const {
  at::Tensor x = embed_whole(image);
  if (fusion_) {
    const at::Tensor rows = at::nonzero(longer).flatten();
    if (rows.numel() > 0) {
      x.index_copy_(0, rows, (*fusion_)(x.index_select(0, rows), embed_chunks(image.index_select(0, rows))));
    }
  }
  return sizes_.patch_norm ? norm_(x) : x;
}

}  // namespace pupil::teacher
