// SPDX-License-Identifier: Apache-2.0
// The audio tower is written out here in operations with gradients; the text tower is nn::ClapText itself,
// made anew for each pass around the weights as they are, so that gradients reach them.
//
// 1. add_weights() decides the order of the parameters, and draw_weights() numbers its random streams by it:
//    a tensor added in front of others changes the initial weights of all after it.
// 2. The mel bins' mean and variance are constants. Only the scale and bias of that norm are learned.
// 3. Query, key and value are separate tensors, as published, and are joined at each pass for one
//    multiplication.
// 4. A stage that is one window wide is never shifted: there is nothing to shift into (embed_audio()).

#include "pretrain/clap_network.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/counter_random.h"
#include "base/error.h"
#include "base/text.h"
#include "nn/finite.h"
#include "teacher/mel_image.h"
#include "teacher/window_attention.h"

namespace pupil::pretrain {
namespace {

constexpr char kAudio[] = "audio_model.audio_encoder.";
constexpr double kInitialScale = 1 / 0.07;

std::string block_root(std::int64_t stage, std::int64_t block) {
  return concat(kAudio, "layers.", stage, ".blocks.", block, ".");
}

at::Tensor shift_mask(std::int64_t side, std::int64_t window, std::int64_t shift) {
  const at::Tensor table = at::zeros({(2 * window - 1) * (2 * window - 1), 1}, at::kFloat);
  return teacher::make_window_layout(side, window, shift, table).mask;
}

}  // namespace

ClapNetwork::ClapNetwork(const teacher::ClapConfig& config, std::uint64_t seed) : config_(config) {
  teacher::check(config.audio);
  if (config.audio.fusion) throw Error("a fused audio tower (enable_fusion) is not trained here");
  add_weights();
  parameters_.allocate();
  draw_weights(seed);
  set_mel_statistics(at::full({config.audio.mel_count}, -30.0), at::full({config.audio.mel_count}, 300.0));
  position_index_ = teacher::relative_position_index(config.audio.window).flatten();
}

void ClapNetwork::add_linear(const std::string& name, std::int64_t out, std::int64_t in, bool with_bias) {
  parameters_.add(name + ".weight", {out, in}, true);
  if (with_bias) parameters_.add(name + ".bias", {out}, false);
}

void ClapNetwork::add_norm(const std::string& name, std::int64_t channels) {
  parameters_.add(name + ".weight", {channels}, false, 1);
  parameters_.add(name + ".bias", {channels}, false);
}

void ClapNetwork::add_weights() {
  const teacher::HtsatSizes& audio = config_.audio;
  const std::string root = kAudio;
  add_norm(root + "batch_norm", audio.mel_count);
  parameters_.add(root + "patch_embed.proj.weight", {audio.patch_channels, 1, audio.patch, audio.patch},
                  true);
  parameters_.add(root + "patch_embed.proj.bias", {audio.patch_channels}, false);
  if (audio.patch_norm) add_norm(root + "patch_embed.norm", audio.patch_channels);
  for (std::int64_t s = 0; s < audio.stage_count(); ++s) {
    const std::int64_t channels = audio.channels(s), mlp = audio.mlp_channels(s);
    for (std::int64_t b = 0; b < audio.depths[static_cast<std::size_t>(s)]; ++b) {
      const std::string name = block_root(s, b);
      add_norm(name + "layernorm_before", channels);
      for (const char* part : {"query", "key", "value"}) {
        add_linear(concat(name, "attention.self.", part), channels, channels, audio.query_key_value_bias);
      }
      const std::int64_t positions = (2 * audio.window - 1) * (2 * audio.window - 1);
      parameters_.add(name + "attention.self.relative_position_bias_table",
                      {positions, audio.head_counts[static_cast<std::size_t>(s)]}, false);
      add_linear(name + "attention.output.dense", channels, channels);
      add_norm(name + "layernorm_after", channels);
      add_linear(name + "intermediate.dense", mlp, channels);
      add_linear(name + "output.dense", channels, mlp);
    }
    if (s + 1 == audio.stage_count()) break;
    const std::string name = concat(root, "layers.", s, ".downsample.");
    add_norm(name + "norm", 4 * channels);
    add_linear(name + "reduction", 2 * channels, 4 * channels, false);
  }
  add_norm(root + "norm", audio.out_channels());
  add_linear("audio_projection.linear1", config_.projection_size, audio.out_channels());
  add_linear("audio_projection.linear2", config_.projection_size, config_.projection_size);

  // The tower names its own tensors: it is made once of what is recorded here.
  text_tower([&](const std::string& name, at::IntArrayRef shape) {
    const bool table = name.find("embeddings") != std::string::npos;
    const bool norm_scale = name.ends_with("LayerNorm.weight");
    parameters_.add(name, shape.vec(), /*decays=*/shape.size() == 2 && !table, norm_scale ? 1.0F : 0.0F);
    return at::zeros(shape);
  });
  const auto scale = static_cast<float>(std::log(kInitialScale));
  parameters_.add("logit_scale_a", {}, false, scale);
  parameters_.add("logit_scale_t", {}, false, scale);
}

// Matrices: normal, of variance 1 / inputs, but at most as wide as transformers are begun (0.02 to 0.1); tables 0.02
// to 0.05. The rest keeps what add() gave it.
void ClapNetwork::draw_weights(std::uint64_t seed) {
  std::uint64_t item = 0;
  for (const ParameterSet::Entry& entry : parameters_.entries()) {
    CounterRandom random(seed, 0x77, 0, item++);
    const bool table =
        entry.name.find("embeddings") != std::string::npos || entry.name.ends_with("bias_table");
    if (entry.shape.size() < 2) continue;
    const auto inputs = static_cast<double>(entry.count / entry.shape[0]);
    const double deviation = table ? 0.03 : std::min(0.1, 1 / std::sqrt(inputs));
    float* values = parameters_.values().data_ptr<float>() + entry.first;
    for (std::int64_t i = 0; i < entry.count; ++i)
      values[i] = static_cast<float>(random.normal() * deviation);
  }
}

void ClapNetwork::set_mel_statistics(const at::Tensor& mean, const at::Tensor& variance) {
  mel_mean_ = mean.to(at::kFloat).clone();
  mel_variance_ = variance.to(at::kFloat).clone();
}

void ClapNetwork::load(const nn::TensorFile& file) {
  const auto take = [&](const std::string& name, at::IntArrayRef shape) {
    if (!file.has(name)) throw Error(concat(file.path().string(), ": no tensor ", name));
    at::Tensor tensor =
        with_context(file.path().string(), [&] { return nn::finite_tensor(file, name).to(at::kFloat); });
    if (tensor.sizes() != shape) {
      throw Error(concat(file.path().string(), ": ", name, " has another shape than the configuration says"));
    }
    return tensor;
  };
  const at::NoGradGuard no_grad;
  for (const ParameterSet::Entry& entry : parameters_.entries()) {
    at::Tensor leaf = parameters_[entry.name];
    leaf.copy_(take(entry.name, entry.shape));
  }
  const std::string mel = concat(kAudio, "batch_norm.");
  set_mel_statistics(take(mel + "running_mean", {config_.audio.mel_count}),
                     take(mel + "running_var", {config_.audio.mel_count}));
}

at::Tensor ClapNetwork::linear(const std::string& name, const at::Tensor& x) const {
  const bool has_bias = parameters_.has(name + ".bias");
  return at::linear(x, parameters_[name + ".weight"], has_bias ? parameters_[name + ".bias"] : at::Tensor());
}

at::Tensor ClapNetwork::norm(const std::string& name, const at::Tensor& x, double eps) const {
  return at::layer_norm(x, {x.size(-1)}, parameters_[name + ".weight"], parameters_[name + ".bias"], eps);
}

// Query, key and value by one multiplication: [.., 3 C].
at::Tensor ClapNetwork::joined_linear(const std::string& name, const at::Tensor& x) const {
  const auto joined = [&](const char* what) {
    return at::cat({parameters_[concat(name, "query.", what)], parameters_[concat(name, "key.", what)],
                    parameters_[concat(name, "value.", what)]});
  };
  return at::linear(x, joined("weight"),
                    parameters_.has(name + "query.bias") ? joined("bias") : at::Tensor());
}

at::Tensor ClapNetwork::project(const std::string& name, const at::Tensor& x) const {
  return nn::normalised_rows(linear(name + ".linear2", at::relu(linear(name + ".linear1", x))));
}

at::Tensor ClapNetwork::attend(const std::string& name, const at::Tensor& x, std::int64_t stage,
                               bool shifted) const {
  const std::int64_t batch = x.size(0), channels = x.size(2), window = config_.audio.window;
  const std::int64_t side = config_.audio.side(stage), shift = shifted ? window / 2 : 0;
  const std::int64_t heads = config_.audio.head_counts[static_cast<std::size_t>(stage)];
  const std::int64_t patches = window * window, windows = side * side / patches;
  at::Tensor square = joined_linear(name + "attention.self.", x).view({batch, side, side, 3 * channels});
  if (shift > 0) square = at::roll(square, {-shift, -shift}, {1, 2});
  const at::Tensor split = teacher::cut_windows(square, window)
                               .view({batch, windows, patches, 3, heads, channels / heads})
                               .permute({3, 0, 1, 4, 2, 5});
  const at::Tensor bias = parameters_[name + "attention.self.relative_position_bias_table"]
                              .index_select(0, position_index_)
                              .view({patches, patches, heads})
                              .permute({2, 0, 1});
  const double scale = 1 / std::sqrt(static_cast<double>(channels / heads));
  at::Tensor scores = at::matmul(split[0] * scale, split[1].transpose(-2, -1)) + bias;
  if (shift > 0) scores = scores + shift_mask(side, window, shift).unsqueeze(1);
  const at::Tensor mixed = at::matmul(at::softmax(scores, -1), split[2]);
  at::Tensor joined =
      teacher::join_windows(mixed.transpose(2, 3).reshape({batch, windows, patches, channels}), side, window);
  if (shift > 0) joined = at::roll(joined, {shift, shift}, {1, 2});
  return linear(name + "attention.output.dense", joined.view({batch, side * side, channels}));
}

at::Tensor ClapNetwork::block(const std::string& name, const at::Tensor& x, std::int64_t stage,
                              bool shifted) const {
  const double eps = config_.audio.layer_norm_eps;
  const at::Tensor heard = x + attend(name, norm(name + "layernorm_before", x, eps), stage, shifted);
  const at::Tensor hidden =
      at::gelu(linear(name + "intermediate.dense", norm(name + "layernorm_after", heard, eps)));
  return heard + linear(name + "output.dense", hidden);
}

ClapNetwork::Audio ClapNetwork::embed_audio(const at::Tensor& frames) const {
  const teacher::HtsatSizes& sizes = config_.audio;
  const std::string root = kAudio;
  const std::int64_t batch = frames.size(0), side = sizes.side(0), patch = sizes.patch;
  const at::Tensor scale = parameters_[root + "batch_norm.weight"] * at::rsqrt(mel_variance_ + 1e-5);
  const at::Tensor normed = (frames - mel_mean_) * scale + parameters_[root + "batch_norm.bias"];
  const at::Tensor image = teacher::fold_frames(
      teacher::stretch_frames(normed.unsqueeze(1), sizes.image_frames()), sizes.fold_count());
  const at::Tensor pixels = image.view({batch, side, patch, side, patch})
                                .transpose(2, 3)
                                .reshape({batch, side * side, patch * patch});
  at::Tensor x = at::linear(pixels, parameters_[root + "patch_embed.proj.weight"].flatten(1),
                            parameters_[root + "patch_embed.proj.bias"]);
  if (sizes.patch_norm) x = norm(root + "patch_embed.norm", x, sizes.layer_norm_eps);
  for (std::int64_t s = 0; s < sizes.stage_count(); ++s) {
    for (std::int64_t b = 0; b < sizes.depths[static_cast<std::size_t>(s)]; ++b) {
      x = block(block_root(s, b), x, s, b % 2 == 1 && sizes.side(s) > sizes.window);
    }
    if (s + 1 == sizes.stage_count()) break;
    const std::int64_t half = sizes.side(s) / 2, channels = x.size(2);
    const at::Tensor squares = x.view({batch, half, 2, half, 2, channels})
                                   .permute({0, 1, 3, 4, 2, 5})
                                   .reshape({batch, half * half, 4 * channels});
    const std::string name = concat(root, "layers.", s, ".downsample.");
    x = linear(name + "reduction", norm(name + "norm", squares, sizes.layer_norm_eps));
  }
  const at::Tensor pooled = norm(root + "norm", x, sizes.layer_norm_eps).mean(1);
  return {pooled, project("audio_projection", pooled)};
}

nn::ClapText ClapNetwork::text_tower(const nn::TensorSource& weights) const {
  return nn::ClapText(weights, nn::ClapTextNames::hugging_face(), config_.text, config_.projection_size);
}

at::Tensor ClapNetwork::embed_text(const nn::TokenBatch& tokens) const {
  return text_tower([&](const std::string& name, at::IntArrayRef) { return parameters_[name]; })
      .embed(tokens);
}

at::Tensor ClapNetwork::audio_logit_scale() const {
  return at::exp(parameters_["logit_scale_a"]);
}
at::Tensor ClapNetwork::text_logit_scale() const {
  return at::exp(parameters_["logit_scale_t"]);
}

std::vector<nn::NamedTensor> ClapNetwork::published(const at::Tensor& values) const {
  std::vector<nn::NamedTensor> tensors = parameters_.named(values);
  for (nn::NamedTensor& tensor : tensors) tensor.tensor = tensor.tensor.detach().to(at::kHalf);
  const std::string mel = concat(kAudio, "batch_norm.");
  tensors.push_back({mel + "running_mean", mel_mean_});
  tensors.push_back({mel + "running_var", mel_variance_});
  return tensors;
}

}  // namespace pupil::pretrain
