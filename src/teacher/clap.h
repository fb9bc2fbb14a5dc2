// SPDX-License-Identifier: Apache-2.0
// CLAP: a text tower and an audio tower that meet in one space. Read from Hugging Face's layout (a folder
// with config.json, preprocessor_config.json, model.safetensors or pytorch_model.bin and a tokenizer) or from
// LAION's (one checkpoint, *.pt), told apart by content.

#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nn/bpe_tokenizer.h"
#include "nn/clap_text.h"
#include "nn/precision.h"
#include "nn/trained_words.h"
#include "teacher/clap_features.h"
#include "teacher/htsat.h"

namespace pupil::teacher {

struct ClapOptions {
  /// Folder of the tokenizer's files; empty: as nn::find_clap_tokenizer(). Only needed to embed text.
  std::filesystem::path tokenizer_folder;
  /// See ClapFeatureOptions.
  bool quantise_int16 = false;
  ClapChoices choices;
  /// Of the audio tower; texts are few, and always in f32.
  nn::Precision precision = nn::Precision::f32;
};

/// Inference only. Embeddings are float32, of length 1. Threads: const functions may be called from several.
///
/// Memory: the weights stay in the mapped file (0.6 GB for the published models) until they are touched.
class Clap {
 public:
  /// `path`: a folder, or a checkpoint file. Throws Error: nothing that is a CLAP model, a config that
  /// disagrees with the tensors, a missing, extra or misshapen tensor (each is named), a damaged file.
  static Clap load(const std::filesystem::path& path, const ClapOptions& options = {});

  /// Whether `path` holds a CLAP model, by its tensors' names. Throws Error when nothing readable is there.
  static bool is_clap(const std::filesystem::path& path);

  std::int32_t sample_rate_hz() const { return features_.log_mel.sample_rate_hz; }
  std::int64_t embedding_size() const { return projection_size_; }
  const ClapFeatureOptions& feature_options() const { return features_; }
  const Htsat& audio_tower() const { return audio_; }
  const nn::ClapText& text_tower() const { return text_; }

  /// Factors for similarities of audio against texts, and of text against audios.
  double audio_logit_scale() const { return audio_logit_scale_; }
  double text_logit_scale() const { return text_logit_scale_; }

  /// Clips (mono, [-1, 1], at sample_rate_hz(), any length each) to embeddings [clips, D].
  /// Throws Error, naming the clip's index, as clap_features() does.
  at::Tensor embed_audio(std::span<const std::vector<float>> clips) const;
  /// The same from features. A clip's embedding is the same to the bit whatever the others are.
  at::Tensor embed_features(std::span<const ClapFeatures> clips) const;

  /// Texts to embeddings [texts, D]. Throws Error on an empty text, or without a tokenizer of this model.
  at::Tensor embed_text(std::span<const std::string> texts) const;

  /// Why the embedding of `text` means little, for a model that says which words it was trained on; else empty.
  std::string unfamiliar_words(std::string_view text) const;

  /// Similarities times the logit scale, [clips, texts].
  at::Tensor audio_logits(const at::Tensor& audio, const at::Tensor& text) const;

 private:
  struct Layout;
  Clap(nn::WeightReader& weights, const Layout& layout, const ClapOptions& options);

  Htsat audio_;
  nn::ClapProjection audio_projection_;
  nn::ClapText text_;
  ClapFeatureOptions features_;
  std::int64_t projection_size_ = 0;
  double audio_logit_scale_ = 1;
  double text_logit_scale_ = 1;
  std::filesystem::path weights_folder_;
  std::filesystem::path tokenizer_folder_;
  nn::TrainedWords trained_words_;
  std::shared_ptr<const nn::BpeTokenizer> tokenizer_;  // null when there is none
};

}  // namespace pupil::teacher
