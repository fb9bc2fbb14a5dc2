// SPDX-License-Identifier: Apache-2.0
// CLAP that can be trained: a differentiable HTS-AT beside nn::ClapText, with the tensor names of Hugging
// Face's layout. teacher::Clap says what is computed; clap_network_test holds the two together.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nn/bpe_tokenizer.h"
#include "nn/clap_text.h"
#include "nn/tensor_file.h"
#include "pretrain/parameter_set.h"
#include "teacher/clap_config.h"

namespace pupil::pretrain {

/// Threads: one at a time per object.
class ClapNetwork {
 public:
  /// Weights drawn from `seed`. Error: sizes that contradict each other; a fused tower, which is not trained here.
  ClapNetwork(const teacher::ClapConfig& config, std::uint64_t seed);

  const teacher::ClapConfig& config() const { return config_; }
  ParameterSet& parameters() { return parameters_; }
  const ParameterSet& parameters() const { return parameters_; }

  /// Mean and variance per mel bin [F] of what the audio tower sees. Fixed: the same in training and in use.
  void set_mel_statistics(const at::Tensor& mean, const at::Tensor& variance);
  const at::Tensor& mel_mean() const { return mel_mean_; }
  const at::Tensor& mel_variance() const { return mel_variance_; }

  /// Takes over all weights of a model in Hugging Face's layout. Error: a missing or misshapen tensor.
  void load(const nn::TensorFile& file);

  struct Audio {
    at::Tensor pooled;     ///< [B, out_channels], before the projection
    at::Tensor embedding;  ///< [B, D], of length 1
  };
  /// `frames`: log-mel [B, T, F] in dB, T at most the tower's image_frames().
  Audio embed_audio(const at::Tensor& frames) const;

  /// [texts, D], of length 1.
  at::Tensor embed_text(const nn::TokenBatch& tokens) const;

  /// Factors of similarities, audio against texts and texts against audio; scalars.
  at::Tensor audio_logit_scale() const;
  at::Tensor text_logit_scale() const;

  /// Everything that Hugging Face's layout holds, with `values` (parameters().values(), or an average of them), in f16
  /// but for the norms' statistics.
  std::vector<nn::NamedTensor> published(const at::Tensor& values) const;

 private:
  struct Window {
    std::int64_t side, shift;
    at::Tensor mask;  // Undefined without shift.
  };

  void add_weights();
  void draw_weights(std::uint64_t seed);
  void add_linear(const std::string& name, std::int64_t out, std::int64_t in, bool with_bias = true);
  void add_norm(const std::string& name, std::int64_t channels);
  nn::ClapText text_tower(const nn::TensorSource& weights) const;
  at::Tensor linear(const std::string& name, const at::Tensor& x) const;
  at::Tensor norm(const std::string& name, const at::Tensor& x, double eps) const;
  at::Tensor joined_linear(const std::string& name, const at::Tensor& x) const;
  at::Tensor project(const std::string& name, const at::Tensor& x) const;
  at::Tensor block(const std::string& name, const at::Tensor& x, std::int64_t stage, bool shifted) const;
  at::Tensor attend(const std::string& name, const at::Tensor& x, std::int64_t stage, bool shifted) const;

  teacher::ClapConfig config_;
  ParameterSet parameters_;
  at::Tensor mel_mean_, mel_variance_;  // [F]
  at::Tensor position_index_;           // int64 [window^4]
};

}  // namespace pupil::pretrain
