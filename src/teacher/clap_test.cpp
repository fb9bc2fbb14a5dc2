// SPDX-License-Identifier: Apache-2.0
#include "teacher/clap.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/softmax.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "audio/decoder.h"
#include "base/error.h"
#include "base/golden_folder.h"
#include "base/json.h"
#include "base/test_folder.h"
#include "nn/tensor_file.h"
#include "teacher/clap_config.h"

namespace pupil::teacher {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = golden_folder();
const fs::path kTiny = kGolden / "clap_tiny";
// The rows of expected.safetensors, in this order; tests/golden has the first alone.
const std::vector<std::string> kClips = [] {
  std::vector<std::string> clips = {"short_1p3s_48k", "exact_10s_48k", "long_17s_48k", "edge_480037_48k",
                                    "silence_lead_3p7s_48k"};
  std::erase_if(clips,
                [](const std::string& clip) { return !fs::exists(kGolden / "audio" / (clip + ".wav")); });
  return clips;
}();
// golden/clap_tiny/unfused/meta.json
const std::vector<std::string> kPrompts = {"This is a sound of a dog barking.", "rain",
                                           "Footsteps on gravel, then a door slams; someone laughs!",
                                           "a 1980s-style synth pad with 3 detuned saws & slow LFO",
                                           "Café ambience – people's voices, naïve piano 🎹"};

std::vector<float> audio(const std::string& clip) {
  return audio::decode_file(kGolden / "audio" / (clip + ".wav"));
}

// The draws that the reference's random generator was pinned to (meta.json, "random_draws").
ClapChoices pinned(const std::string& clip) {
  ClapChoices choices;
  choices.crop_offset_samples = clip == "long_17s_48k" ? 20000 : 17;
  choices.chunk_start_frames = {57, 301, 613};
  return choices;
}

double max_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

ClapFeatures features_of(const Clap& clap, const std::string& clip) {
  ClapFeatureOptions options = clap.feature_options();
  options.choices = pinned(clip);
  return clap_features(audio(clip), options);
}

TEST(ClapConfig, RefusesNumbersThatDoNotFit) {
  for (const char* text :
       {R"({"sampling_rate": 4295015296})", R"({"fft_window_size": -1024})", R"({"max_length_s": 1e300})",
        R"({"max_length_s": 1e-9})", R"({"sampling_rate": 9223372036854775807})"})
    EXPECT_THROW(read_clap_feature_options(parse_json(text)), Error) << text;
  EXPECT_THROW(read_clap_config(parse_json(R"({"audio_config": {"mlp_ratio": 1e300}})")), Error);
  EXPECT_EQ(read_clap_feature_options(parse_json("{}")).max_samples, 480000);
}

class ClapParity : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { PUPIL_NEEDS(folder()); }
  fs::path folder() const { return kTiny / GetParam(); }
};

// Tolerances: golden/README.md.
TEST_P(ClapParity, FeaturesEqualTheReference) {
  PUPIL_NEEDS(folder() / "features.safetensors");
  const Clap clap = Clap::load(folder());
  const nn::TensorFile expected = nn::TensorFile::open(folder() / "features.safetensors");
  for (const std::string& clip : kClips) {
    const ClapFeatures features = features_of(clap, clip);
    EXPECT_LE(max_difference(features.frames, expected.tensor(clip)), 1e-3) << clip;
    EXPECT_EQ(features.frames.size(0), clap.feature_options().channel_count());
  }
}

TEST_P(ClapParity, EndToEndFromWav) {
  const Clap clap = Clap::load(folder(), {.tokenizer_folder = kGolden / "tokenizer"});
  const nn::TensorFile expected = nn::TensorFile::open(folder() / "expected.safetensors");
  std::vector<ClapFeatures> features;
  for (const std::string& clip : kClips) features.push_back(features_of(clap, clip));
  const at::Tensor audio = clap.embed_features(features);
  EXPECT_LE(max_difference(audio, expected.tensor("audio_embeds")), 2e-5);
  if (GetParam() == std::string("fused")) return;  // Its text tower has no tokenizer of its own.
  const at::Tensor logits = clap.audio_logits(audio, clap.embed_text(kPrompts));
  EXPECT_LE(max_difference(logits, expected.tensor("logits_per_audio")), 3e-4);
}

// Labels are the same wherever labelling was interrupted: tests/cases/shards_label_alike.sh has the whole of it.
TEST_P(ClapParity, AnEmbeddingHasTheSameBitsInAnyBatch) {
  const Clap clap = Clap::load(folder());
  std::vector<ClapFeatures> features;
  for (const std::int64_t begin : {0, 1000, 2000, 3000, 4000}) {
    std::vector<float> samples = audio(kClips.front());
    samples.erase(samples.begin(), samples.begin() + begin);
    features.push_back(clap_features(samples, clap.feature_options()));
  }
  const at::Tensor all = clap.embed_features(features);
  for (const std::size_t count : {1U, 2U, 3U, 4U}) {
    const at::Tensor some = clap.embed_features(std::span(features).last(count));
    EXPECT_EQ(max_difference(some, all.slice(0, 5 - static_cast<std::int64_t>(count), 5)), 0.0) << count;
  }
}

TEST_P(ClapParity, FromTheStoredFeatures) {
  PUPIL_NEEDS(folder() / "features.safetensors");
  const Clap clap = Clap::load(folder(), {.tokenizer_folder = kGolden / "tokenizer"});
  const nn::TensorFile expected = nn::TensorFile::open(folder() / "expected.safetensors");
  const nn::TensorFile stored = nn::TensorFile::open(folder() / "features.safetensors");
  const at::Tensor longer = expected.tensor("is_longer").flatten();
  std::vector<ClapFeatures> features;
  for (std::size_t i = 0; i < kClips.size(); ++i) {
    features.push_back({stored.tensor(kClips[i]).expand({clap.feature_options().channel_count(), -1, -1}),
                        longer[static_cast<std::int64_t>(i)].item<bool>()});
  }
  EXPECT_LE(max_difference(clap.embed_features(features), expected.tensor("audio_embeds")), 5e-6);
  if (GetParam() == std::string("unfused")) {
    const at::Tensor text = clap.embed_text(kPrompts);
    const at::Tensor logits = clap.audio_logits(clap.embed_features(features), text);
    EXPECT_LE(max_difference(logits, expected.tensor("logits_per_audio")), 5e-5);
    EXPECT_LE(max_difference(at::softmax(logits, -1), expected.tensor("probs_audio_over_texts")), 1e-5);
    const at::Tensor by_text = logits.t() * (clap.text_logit_scale() / clap.audio_logit_scale());
    EXPECT_LE(max_difference(by_text, expected.tensor("logits_per_text")), 5e-5);
    EXPECT_LE(max_difference(at::softmax(by_text, -1), expected.tensor("probs_text_over_audios")), 1e-5);
    return;
  }
  for (ClapFeatures& clip : features) clip.longer = true;
  EXPECT_LE(max_difference(clap.embed_features(features), expected.tensor("audio_embeds_all_flagged_longer")),
            5e-6);
  for (ClapFeatures& clip : features) clip.longer = false;
  EXPECT_LE(max_difference(clap.embed_features(features), expected.tensor("audio_embeds_none_longer")), 5e-6);
}

INSTANTIATE_TEST_SUITE_P(Tiny, ClapParity, testing::Values("unfused", "fused"));

class ClapLaion : public testing::TestWithParam<const char*> {};

TEST_P(ClapLaion, EndToEndFromWav) {
  const fs::path file = kTiny / "laion" / (std::string(GetParam()) + ".pt");
  PUPIL_NEEDS(file);
  const nn::TensorFile expected =
      nn::TensorFile::open(kTiny / "laion" / (std::string("expected_") + GetParam() + ".safetensors"));
  const auto embed = [&](bool quantise) {
    const Clap clap =
        Clap::load(file, {.tokenizer_folder = {}, .quantise_int16 = quantise, .choices = pinned(kClips[2])});
    return clap.embed_audio(std::vector{audio(kClips[0]), audio(kClips[1]), audio(kClips[2])});
  };
  EXPECT_LE(max_difference(embed(false), expected.tensor("audio_embed")), 1e-5);
  EXPECT_LE(max_difference(embed(true), expected.tensor("audio_embed_int16_quantised")), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Tiny, ClapLaion, testing::Values("unfused", "fused"));

// A copy of a model's files whose parts a test may replace.
void copy_model(const fs::path& from, const fs::path& to) {
  for (const char* name : {"config.json", "preprocessor_config.json", "model.safetensors"}) {
    fs::copy_file(from / name, to / name);
  }
}

std::string failure(const fs::path& model) {
  try {
    Clap::load(model);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class ClapFiles : public testing::Test {
 protected:
  void SetUp() override {
    PUPIL_NEEDS(kTiny / "unfused");
    copy_model(kTiny / "unfused", folder.path());
  }
  TestFolder folder;
};

TEST_F(ClapFiles, MissingKeysHaveTheReferencesDefaults) {
  fs::copy_file(kTiny / "unfused/config_diff_only.json", folder.path() / "config.json",
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(failure(folder.path()), "");
}

TEST_F(ClapFiles, AConfigThatDisagreesIsNamed) {
  Json config = read_json(kTiny / "unfused/config_diff_only.json");
  Json text = config.at("text_config");
  text.set("vocab_size", 1234);
  config.set("text_config", text);
  std::ofstream(folder.path() / "config.json") << config.dump();
  EXPECT_NE(
      failure(folder.path()).find("config.json: text_config.vocab_size is 1234, the tensors have 50265"),
      std::string::npos)
      << failure(folder.path());
}

TEST_F(ClapFiles, FusionInTheWrongPlaceIsNamed) {
  fs::copy_file(kTiny / "fused/preprocessor_config.json", folder.path() / "preprocessor_config.json",
                fs::copy_options::overwrite_existing);
  EXPECT_NE(failure(folder.path()).find("truncation does not fit"), std::string::npos)
      << failure(folder.path());
}

TEST_F(ClapFiles, ATruncatedCheckpointIsNamed) {
  fs::resize_file(folder.path() / "model.safetensors", 1000000);
  EXPECT_NE(failure(folder.path()).find("model.safetensors: "), std::string::npos);
}

TEST_F(ClapFiles, TensorsAreCheckedWhole) {
  const nn::TensorFile file = nn::TensorFile::open(kTiny / "unfused/model.safetensors");
  std::vector<nn::NamedTensor> tensors;
  for (const nn::TensorEntry& entry : file.entries()) {
    if (entry.name == "audio_model.audio_encoder.norm.bias") continue;
    at::Tensor tensor = file.tensor(entry.name);
    if (entry.name == "text_model.pooler.dense.bias") tensor = tensor.slice(0, 1);
    tensors.push_back({entry.name, tensor});
  }
  tensors.push_back({"stranger", tensors[0].tensor});
  nn::write_safetensors(folder.path() / "model.safetensors", tensors);
  const std::string message = failure(folder.path());
  EXPECT_NE(message.find("audio_model.audio_encoder.norm.bias"), std::string::npos) << message;
  EXPECT_NE(message.find("text_model.pooler.dense.bias"), std::string::npos) << message;
  EXPECT_NE(message.find("stranger"), std::string::npos) << message;
}

TEST_F(ClapFiles, TextNeedsATokenizer) {
  EXPECT_THROW(Clap::load(folder.path()).embed_text(kPrompts), Error);
}

TEST_F(ClapFiles, AudioThatCannotBeEmbeddedIsNamed) {
  const Clap clap = Clap::load(folder.path());
  std::vector<std::vector<float>> clips = {{0.5F}, {0.0F, std::numeric_limits<float>::quiet_NaN()}};
  try {
    clap.embed_audio(clips);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "clip 1: sample 1 is not finite");
  }
  clips = {{}};
  EXPECT_THROW(clap.embed_audio(clips), Error);
}

}  // namespace
}  // namespace pupil::teacher
