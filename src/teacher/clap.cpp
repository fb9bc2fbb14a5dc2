// SPDX-License-Identifier: Apache-2.0
// A CLAP model from files. Two layouts exist in the world, Hugging Face's and LAION's: other names for the same tensors,
// and other places for the sizes. Layout holds what differs; from the constructor on there is one model.
//
// Sizes are always read from the tensors' shapes. Where a config.json says them as well, the two must agree: a
// configuration of another model beside the weights is the usual cause of scores that mean nothing.
// Every tensor of the file must be used or be listed in Layout::extras; one left over is an error.

#include "teacher/clap.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "nn/model_store.h"
#include "teacher/clap_config.h"

namespace pupil::teacher {

namespace fs = std::filesystem;

/// Where a model's parts are: files, names, sizes.
struct Clap::Layout {
  HtsatNames audio_names;
  nn::ClapTextNames text_names;
  std::string audio_projection_first, audio_projection_second;
  ClapConfig config;
  ClapFeatureOptions features;
  fs::path folder;  // Of the weights; the tokenizer is beside them.
  std::vector<std::string_view> extras;

  static Layout hugging_face_names();
  static Layout laion_names();
  static Layout hugging_face(nn::WeightReader& weights, const fs::path& folder);
  static Layout laion(nn::WeightReader& weights, const fs::path& folder);
  ClapConfig from_tensors(nn::WeightReader& weights) const;
};

namespace {

constexpr std::string_view kHuggingFaceMark = "audio_model.audio_encoder.patch_embed.proj.weight";
constexpr std::string_view kLaionMark = "audio_branch.patch_embed.proj.weight";

bool holds(const nn::TensorFile& file, std::string_view name) {
  return std::ranges::any_of(file.entries(),
                             [&](const nn::TensorEntry& entry) { return entry.name.ends_with(name); });
}

}  // namespace

Clap::Layout Clap::Layout::hugging_face_names() {
  Layout layout;
  layout.audio_names = HtsatNames::hugging_face();
  layout.text_names = nn::ClapTextNames::hugging_face();
  layout.audio_projection_first = "audio_projection.linear1";
  layout.audio_projection_second = "audio_projection.linear2";
  layout.extras = {"*.num_batches_tracked", "text_model.embeddings.position_ids",
                   "text_model.embeddings.token_type_ids"};
  return layout;
}

// Left aside: the constants of the spectrogram, the classification head and the heads of an auxiliary loss.
Clap::Layout Clap::Layout::laion_names() {
  Layout layout;
  layout.audio_names = HtsatNames::laion();
  layout.text_names = nn::ClapTextNames::laion();
  layout.audio_projection_first = "audio_projection.0";
  layout.audio_projection_second = "audio_projection.2";
  layout.extras = {"*.num_batches_tracked",
                   "audio_branch.spectrogram_extractor.*",
                   "audio_branch.logmel_extractor.*",
                   "audio_branch.layers.*.attn_mask",
                   "audio_branch.tscam_conv.*",
                   "audio_branch.head.*",
                   "audio_transform.*",
                   "text_transform.*",
                   "text_branch.embeddings.position_ids",
                   "text_branch.embeddings.token_type_ids"};
  return layout;
}

ClapConfig Clap::Layout::from_tensors(nn::WeightReader& weights) const {
  ClapConfig found;
  found.audio = htsat_sizes_from_tensors(weights, audio_names);
  found.text = nn::RobertaSizes::from_tensors(weights, text_names.roberta);
  found.projection_size = weights.size(text_names.projection_second + ".weight", 0);
  return found;
}

Clap::Layout Clap::Layout::hugging_face(nn::WeightReader& weights, const fs::path& folder) {
  Layout layout = hugging_face_names();
  layout.folder = folder;
  const fs::path config = folder / "config.json", preprocessor = folder / "preprocessor_config.json";
  const Json config_json = read_json(config), preprocessor_json = read_json(preprocessor);
  const ClapConfig found = layout.from_tensors(weights);
  with_context(config.string(), [&] {
    layout.config = read_clap_config(config_json);
    check_agreement(layout.config, found);
  });
  with_context(preprocessor.string(), [&] {
    layout.features = read_clap_feature_options(preprocessor_json);
    const bool fuses = layout.features.truncation == ClapTruncation::fusion;
    if (fuses != layout.config.audio.fusion) {
      throw Error(concat("truncation does not fit config.json, where enable_fusion is ",
                         layout.config.audio.fusion ? "true" : "false"));
    }
    if (layout.features.log_mel.mel_count != layout.config.audio.mel_count) {
      throw Error(concat("feature_size ", layout.features.log_mel.mel_count, " differs from num_mel_bins ",
                         layout.config.audio.mel_count, " of config.json"));
    }
    if (layout.features.frame_count() > layout.config.audio.image_frames()) {
      throw Error(concat(layout.features.frame_count(), " frames are more than the audio tower's ",
                         layout.config.audio.image_frames()));
    }
  });
  return layout;
}

Clap::Layout Clap::Layout::laion(nn::WeightReader& weights, const fs::path& folder) {
  Layout layout = laion_names();
  layout.folder = folder;
  layout.config = layout.from_tensors(weights);
  layout.features =
      ClapFeatureOptions::laion(layout.config.audio.fusion ? ClapTruncation::fusion : ClapTruncation::crop);
  return layout;
}

Clap::Clap(nn::WeightReader& weights, const Layout& layout, const ClapOptions& options)
    : audio_(weights, layout.audio_names, layout.config.audio, options.precision),
      audio_projection_(nn::take_clap_projection(
          nn::tensor_source(weights), layout.audio_projection_first, layout.audio_projection_second,
          layout.config.audio.out_channels(), layout.config.projection_size)),
      text_(nn::tensor_source(weights), layout.text_names, layout.config.text, layout.config.projection_size),
      features_(layout.features),
      projection_size_(layout.config.projection_size),
      audio_logit_scale_(std::exp(weights.take("logit_scale_a", {}).item<double>())),
      text_logit_scale_(std::exp(weights.take("logit_scale_t", {}).item<double>())),
      weights_folder_(layout.folder),
      tokenizer_folder_(options.tokenizer_folder.empty() ? nn::find_clap_tokenizer(layout.folder)
                                                         : options.tokenizer_folder),
      trained_words_(nn::TrainedWords::load(layout.folder)) {
  weights.finish(layout.extras);
  features_.quantise_int16 = options.quantise_int16;
  features_.choices = options.choices;
  if (!tokenizer_folder_.empty()) {
    tokenizer_ = std::make_shared<nn::BpeTokenizer>(nn::BpeTokenizer::load(tokenizer_folder_));
  }
}

bool Clap::is_clap(const fs::path& path) {
  const nn::TensorFile file = nn::TensorFile::open(nn::weights_file(path));
  return holds(file, kLaionMark) || holds(file, kHuggingFaceMark);
}

Clap Clap::load(const fs::path& path, const ClapOptions& options) {
  const nn::TensorFile file = nn::TensorFile::open(nn::weights_file(path));
  const bool laion = holds(file, kLaionMark);
  if (!laion && !holds(file, kHuggingFaceMark)) {
    throw Error(file.path().string() +
                ": not a CLAP model (no audio tower, neither in Hugging Face's nor in LAION's names)");
  }
  nn::WeightReader weights(file, file.prefix_of(laion ? kLaionMark : kHuggingFaceMark));
  const fs::path folder = file.path().parent_path();
  const Layout layout = laion ? Layout::laion(weights, folder) : Layout::hugging_face(weights, folder);
  return with_context(file.path().string(), [&] { return Clap(weights, layout, options); });
}

at::Tensor Clap::embed_audio(std::span<const std::vector<float>> clips) const {
  std::vector<ClapFeatures> features;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    with_context(concat("clip ", i), [&] { features.push_back(clap_features(clips[i], features_)); });
  }
  return embed_features(features);
}

// Clip by clip, so that every matrix has one shape whatever the batch: BLAS rounds another way for another number of rows, and
// where labelling was interrupted must not reach a label. In a batch a clip costs more, not less (docs/clap.md).
at::Tensor Clap::embed_features(std::span<const ClapFeatures> clips) const {
  const at::NoGradGuard no_grad;
  at::Tensor embeddings = at::empty({std::ssize(clips), projection_size_}, at::kFloat);
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const at::Tensor longer = at::full({1}, clips[i].longer, at::kBool);
    const at::Tensor patches = audio_.forward(clips[i].frames.unsqueeze(0), longer);
    embeddings[static_cast<std::int64_t>(i)].copy_(
        nn::normalised_rows(audio_projection_(Htsat::pooled(patches)))[0]);
  }
  return embeddings;
}

std::string Clap::unfamiliar_words(std::string_view text) const {
  const std::string unknown = trained_words_.unfamiliar_words(text);
  return unknown.empty() ? "" : concat("the teacher was ", unknown, ": its scores for it mean little");
}

at::Tensor Clap::embed_text(std::span<const std::string> texts) const {
  if (tokenizer_ == nullptr) {
    throw Error(weights_folder_.string() +
                ": no tokenizer (vocab.json and merges.txt, or tokenizer.json); pupil models fetch "
                "clap-htsat-unfused brings one");
  }
  return with_context(tokenizer_folder_.string(), [&] { return text_.embed(*tokenizer_, texts); });
}

at::Tensor Clap::audio_logits(const at::Tensor& audio, const at::Tensor& text) const {
  return at::matmul(audio, text.transpose(0, 1)) * audio_logit_scale_;
}

}  // namespace pupil::teacher
