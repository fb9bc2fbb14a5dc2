// SPDX-License-Identifier: Apache-2.0
#include "teacher/clap_config.h"

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace pupil::teacher {
namespace {

constexpr double kMostSeconds = 1000;  // of a clip that is embedded at once

// An object whose keys have defaults.
class Section {
 public:
  explicit Section(const Json& json) : json_(json) {}

  std::int64_t integer(std::string_view key, std::int64_t otherwise) const {
    return read(key, otherwise, [](const Json& value) { return value.as_int(); });
  }
  // A number for the front end, whose own are 32 bits wide: one that does not fit would become another one.
  std::int32_t small_integer(std::string_view key, std::int32_t otherwise) const {
    const std::int64_t value = integer(key, otherwise);
    if (value < 0 || value > INT32_MAX) throw Error(concat(key, " is ", value, ", out of range"));
    return static_cast<std::int32_t>(value);
  }
  double number(std::string_view key, double otherwise) const {
    return read(key, otherwise, [](const Json& value) { return value.as_double(); });
  }
  bool boolean(std::string_view key, bool otherwise) const {
    return read(key, otherwise, [](const Json& value) { return value.as_bool(); });
  }
  std::string text(std::string_view key, std::string otherwise) const {
    return read(key, std::move(otherwise), [](const Json& value) { return value.as_string(); });
  }
  std::vector<std::int64_t> integers(std::string_view key, std::vector<std::int64_t> otherwise) const {
    return read(key, std::move(otherwise), [](const Json& value) {
      std::vector<std::int64_t> read;
      for (const Json& element : value.as_array()) read.push_back(element.as_int());
      return read;
    });
  }

  // The one value that is implemented.
  void require(std::string_view key, std::string_view value) const {
    const std::string found = text(key, std::string(value));
    if (found != value) throw Error(concat(key, " is \"", found, "\"; only \"", value, "\" is known"));
  }
  void require_flag(std::string_view key, bool value) const {
    if (boolean(key, value) != value)
      throw Error(concat(key, " = ", value ? "false" : "true", " is not known"));
  }

 private:
  template <typename Value, typename Get>
  Value read(std::string_view key, Value otherwise, const Get& get) const {
    const Json* value = json_.find(key);
    if (value == nullptr || value->is_null()) return otherwise;
    return with_context(key, [&]() -> Value { return get(*value); });
  }

  const Json& json_;
};

const Json& section(const Json& config, std::string_view key) {
  static const Json empty{Json::Object()};
  const Json* found = config.find(key);
  return found == nullptr || found->is_null() ? empty : *found;
}

HtsatSizes read_audio(const Section& audio) {
  audio.require("hidden_act", "gelu");
  audio.require_flag("flatten_patch_embeds", true);
  HtsatSizes sizes;
  sizes.mel_count = audio.integer("num_mel_bins", 64);
  sizes.image = audio.integer("spec_size", 256);
  sizes.patch = audio.integer("patch_size", 4);
  for (const std::int64_t stride : audio.integers("patch_stride", {4, 4})) {
    if (stride != sizes.patch) throw Error(concat("patch_stride ", stride, " differs from patch_size"));
  }
  sizes.patch_channels = audio.integer("patch_embeds_hidden_size", 96);
  sizes.depths = audio.integers("depths", {2, 2, 6, 2});
  sizes.head_counts = audio.integers("num_attention_heads", {4, 8, 16, 32});
  sizes.window = audio.integer("window_size", 8);
  sizes.mlp_ratio = audio.number("mlp_ratio", 4.0);
  sizes.query_key_value_bias = audio.boolean("qkv_bias", true);
  sizes.patch_norm = audio.boolean("enable_patch_layer_norm", true);
  sizes.layer_norm_eps = audio.number("layer_norm_eps", 1e-5);
  sizes.fusion = audio.boolean("enable_fusion", false);
  if (sizes.fusion) audio.require("fusion_type", "aff_2d");
  const std::int64_t ratio = audio.integer("aff_block_r", 4);
  if (ratio <= 0) throw Error("aff_block_r is not positive");
  sizes.fusion_channels = sizes.patch_channels / ratio;
  check(sizes);
  if (const std::int64_t hidden = audio.integer("hidden_size", 768); hidden != sizes.out_channels()) {
    throw Error(concat("hidden_size ", hidden, " differs from ", sizes.out_channels(), ", which ",
                       sizes.stage_count(), " stages make of patch_embeds_hidden_size ",
                       sizes.patch_channels));
  }
  return sizes;
}

nn::RobertaSizes read_text(const Section& text) {
  text.require("hidden_act", "gelu");
  text.require("position_embedding_type", "absolute");
  nn::RobertaSizes sizes;
  sizes.vocabulary = text.integer("vocab_size", 50265);
  sizes.hidden = text.integer("hidden_size", 768);
  sizes.layer_count = text.integer("num_hidden_layers", 12);
  sizes.head_count = text.integer("num_attention_heads", 12);
  sizes.intermediate = text.integer("intermediate_size", 3072);
  sizes.positions = text.integer("max_position_embeddings", 514);
  sizes.token_types = text.integer("type_vocab_size", 1);
  sizes.pad_id = text.integer("pad_token_id", 1);
  sizes.layer_norm_eps = text.number("layer_norm_eps", 1e-12);
  return sizes;
}

}  // namespace

ClapConfig read_clap_config(const Json& config) {
  if (!config.is_object()) throw Error("not a JSON object");
  Section(config).require("model_type", "clap");
  Section(config).require("projection_hidden_act", "relu");
  ClapConfig read;
  with_context("audio_config", [&] { read.audio = read_audio(Section(section(config, "audio_config"))); });
  with_context("text_config", [&] { read.text = read_text(Section(section(config, "text_config"))); });
  read.projection_size = Section(config).integer("projection_dim", 512);
  return read;
}

ClapFeatureOptions read_clap_feature_options(const Json& config) {
  if (!config.is_object()) throw Error("not a JSON object");
  const Section section(config);
  ClapFeatureOptions options;
  const std::string truncation = section.text("truncation", "fusion");
  if (truncation != "fusion" && truncation != "rand_trunc") {
    throw Error(concat("truncation is \"", truncation, "\"; known are \"fusion\" and \"rand_trunc\""));
  }
  options = ClapFeatureOptions::laion(truncation == "fusion" ? ClapTruncation::fusion : ClapTruncation::crop);
  const std::string padding = section.text("padding", "repeatpad");
  if (padding != "repeatpad" && padding != "repeat" && padding != "pad") {
    throw Error(concat("padding is \"", padding, "\"; known are \"repeatpad\", \"repeat\" and \"pad\""));
  }
  if (padding == "repeat") options.padding = ClapPadding::repeat;
  if (padding == "pad") options.padding = ClapPadding::pad;

  edge::LogMelOptions& log_mel = options.log_mel;
  log_mel.sample_rate_hz = section.small_integer("sampling_rate", 48000);
  log_mel.window_samples = section.small_integer("fft_window_size", 1024);
  log_mel.fft_samples = log_mel.window_samples;
  log_mel.hop_samples = section.small_integer("hop_length", 480);
  log_mel.mel_count = section.small_integer("feature_size", 64);
  log_mel.low_hz = static_cast<float>(section.number("frequency_min", 0));
  log_mel.high_hz = static_cast<float>(section.number("frequency_max", 14000));
  const double max_length_s = section.number("max_length_s", 10);
  if (edge::LogMel::state_bytes(log_mel) == 0) throw Error("the front end's numbers are out of range");
  if (!(max_length_s > 0 && max_length_s <= kMostSeconds)) throw Error("max_length_s is out of range");
  options.max_samples = static_cast<std::int64_t>(max_length_s * log_mel.sample_rate_hz);
  if (options.max_samples == 0) throw Error("max_length_s is out of range");
  return options;
}

void check_agreement(const ClapConfig& config, const ClapConfig& found) {
  std::string problems;
  const auto compare = [&](std::string_view key, std::int64_t said, std::int64_t is) {
    if (said != is)
      problems += concat(problems.empty() ? "" : "; ", key, " is ", said, ", the tensors have ", is);
  };
  compare("audio_config.num_mel_bins", config.audio.mel_count, found.audio.mel_count);
  compare("audio_config.patch_size", config.audio.patch, found.audio.patch);
  compare("audio_config.patch_embeds_hidden_size", config.audio.patch_channels, found.audio.patch_channels);
  compare("audio_config.window_size", config.audio.window, found.audio.window);
  compare("audio_config.enable_fusion", config.audio.fusion, found.audio.fusion);
  compare("stages in audio_config.depths", config.audio.stage_count(), found.audio.stage_count());
  for (std::size_t s = 0; s < std::min(config.audio.depths.size(), found.audio.depths.size()); ++s) {
    compare(concat("audio_config.depths[", s, "]"), config.audio.depths[s], found.audio.depths[s]);
    compare(concat("audio_config.num_attention_heads[", s, "]"), config.audio.head_counts[s],
            found.audio.head_counts[s]);
  }
  compare("text_config.vocab_size", config.text.vocabulary, found.text.vocabulary);
  compare("text_config.hidden_size", config.text.hidden, found.text.hidden);
  compare("text_config.num_hidden_layers", config.text.layer_count, found.text.layer_count);
  compare("text_config.intermediate_size", config.text.intermediate, found.text.intermediate);
  compare("text_config.max_position_embeddings", config.text.positions, found.text.positions);
  compare("text_config.type_vocab_size", config.text.token_types, found.text.token_types);
  compare("projection_dim", config.projection_size, found.projection_size);
  if (!problems.empty()) throw Error(problems);
}

}  // namespace pupil::teacher
