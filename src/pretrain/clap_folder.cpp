// SPDX-License-Identifier: Apache-2.0
#include "pretrain/clap_folder.h"

#include "base/error.h"

namespace pupil::pretrain {
namespace {

ClapDesign nano() {
  ClapDesign design;
  teacher::HtsatSizes& audio = design.config.audio;
  audio.image = 128;
  audio.patch = 8;
  audio.patch_channels = 64;
  audio.depths = {2, 4};
  audio.head_counts = {4, 8};
  design.config.text = {.vocabulary = 3000,
                        .hidden = 128,
                        .layer_count = 2,
                        .head_count = 4,
                        .intermediate = 512,
                        .positions = 66,
                        .layer_norm_eps = 1e-5};
  design.config.projection_size = 256;
  design.features = teacher::ClapFeatureOptions::laion(teacher::ClapTruncation::crop);
  edge::LogMelOptions& log_mel = design.features.log_mel;
  log_mel.sample_rate_hz = 32000;
  log_mel.hop_samples = 640;
  log_mel.high_hz = 8000;
  design.features.max_samples = 163200;
  return design;
}

}  // namespace

ClapDesign load_design(const std::string& name_or_path) {
  if (name_or_path == "nano") return nano();
  std::filesystem::path config = name_or_path;
  if (std::filesystem::is_directory(config)) config /= "config.json";
  if (!std::filesystem::exists(config)) throw Error(name_or_path + ": neither \"nano\" nor a config.json");
  const std::filesystem::path preprocessor = config.parent_path() / "preprocessor_config.json";
  ClapDesign design;
  with_context(config.string(), [&] { design.config = teacher::read_clap_config(read_json(config)); });
  with_context(preprocessor.string(),
               [&] { design.features = teacher::read_clap_feature_options(read_json(preprocessor)); });
  return design;
}

Json config_json(const teacher::ClapConfig& config) {
  Json audio, text, json;
  audio.set("model_type", "clap_audio_model");
  audio.set("num_mel_bins", config.audio.mel_count);
  audio.set("spec_size", config.audio.image);
  audio.set("patch_size", config.audio.patch);
  audio.set("patch_stride", std::vector<std::int64_t>{config.audio.patch, config.audio.patch});
  audio.set("patch_embeds_hidden_size", config.audio.patch_channels);
  audio.set("hidden_size", config.audio.out_channels());
  audio.set("depths", config.audio.depths);
  audio.set("num_attention_heads", config.audio.head_counts);
  audio.set("window_size", config.audio.window);
  audio.set("mlp_ratio", config.audio.mlp_ratio);
  audio.set("qkv_bias", config.audio.query_key_value_bias);
  audio.set("enable_patch_layer_norm", config.audio.patch_norm);
  audio.set("layer_norm_eps", config.audio.layer_norm_eps);
  audio.set("enable_fusion", config.audio.fusion);
  audio.set("hidden_act", "gelu");
  audio.set("projection_dim", config.projection_size);
  text.set("model_type", "clap_text_model");
  text.set("vocab_size", config.text.vocabulary);
  text.set("hidden_size", config.text.hidden);
  text.set("num_hidden_layers", config.text.layer_count);
  text.set("num_attention_heads", config.text.head_count);
  text.set("intermediate_size", config.text.intermediate);
  text.set("max_position_embeddings", config.text.positions);
  text.set("type_vocab_size", config.text.token_types);
  text.set("pad_token_id", config.text.pad_id);
  text.set("layer_norm_eps", config.text.layer_norm_eps);
  text.set("hidden_act", "gelu");
  text.set("projection_dim", config.projection_size);
  json.set("architectures", std::vector<std::string>{"ClapModel"});
  json.set("model_type", "clap");
  json.set("projection_dim", config.projection_size);
  json.set("projection_hidden_act", "relu");
  json.set("audio_config", audio);
  json.set("text_config", text);
  return json;
}

Json preprocessor_json(const teacher::ClapFeatureOptions& features) {
  Json json;
  const edge::LogMelOptions& log_mel = features.log_mel;
  json.set("feature_extractor_type", "ClapFeatureExtractor");
  json.set("sampling_rate", log_mel.sample_rate_hz);
  json.set("fft_window_size", log_mel.window_samples);
  json.set("hop_length", log_mel.hop_samples);
  json.set("feature_size", log_mel.mel_count);
  json.set("frequency_min", static_cast<double>(log_mel.low_hz));
  json.set("frequency_max", static_cast<double>(log_mel.high_hz));
  json.set("max_length_s", static_cast<double>(features.max_samples) / log_mel.sample_rate_hz);
  json.set("nb_max_samples", features.max_samples);
  json.set("truncation", features.truncation == teacher::ClapTruncation::fusion ? "fusion" : "rand_trunc");
  json.set("padding", features.padding == teacher::ClapPadding::repeat_pad ? "repeatpad"
                      : features.padding == teacher::ClapPadding::repeat   ? "repeat"
                                                                           : "pad");
  return json;
}

}  // namespace pupil::pretrain
