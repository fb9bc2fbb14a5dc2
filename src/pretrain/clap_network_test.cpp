// SPDX-License-Identifier: Apache-2.0
#include "pretrain/clap_network.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/golden_folder.h"
#include "base/json.h"
#include "teacher/clap.h"

namespace pupil::pretrain {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = golden_folder() / "clap_tiny/unfused";

ClapNetwork golden_network() {
  ClapNetwork network(teacher::read_clap_config(read_json(kGolden / "config.json")), 1);
  network.load(nn::TensorFile::open(kGolden / "model.safetensors"));
  return network;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

// Tolerances of golden/README.md.
TEST(ClapNetwork, AudioEqualsTheReferenceAndTheInferenceCode) {
  PUPIL_NEEDS(kGolden);
  const at::NoGradGuard no_grad;
  const ClapNetwork network = golden_network();
  const nn::TensorFile expected = nn::TensorFile::open(kGolden / "expected.safetensors");
  const nn::TensorFile features = nn::TensorFile::open(kGolden / "features.safetensors");
  const teacher::Clap clap = teacher::Clap::load(kGolden);
  const Json meta = read_json(kGolden / "meta.json");
  std::int64_t row = 0;
  for (const Json& name : meta.at("clips").as_array()) {
    const std::string clip = fs::path(name.as_string()).stem();
    const at::Tensor frames = features.tensor(clip);
    const ClapNetwork::Audio audio = network.embed_audio(frames.reshape({1, -1, 64}));
    EXPECT_LE(distance(audio.embedding[0], expected.tensor("audio_embeds")[row]), 5e-6) << clip;
    EXPECT_LE(distance(audio.pooled[0], expected.tensor("audio_pooler_output")[row]), 2e-5) << clip;
    const std::vector<teacher::ClapFeatures> given = {{frames.reshape({1, -1, 64}), false}};
    EXPECT_LE(distance(audio.embedding, clap.embed_features(given)), 5e-6) << clip;
    ++row;
  }
  EXPECT_GT(row, 2);
}

TEST(ClapNetwork, TextEqualsTheReference) {
  PUPIL_NEEDS(kGolden);
  const at::NoGradGuard no_grad;
  const nn::TensorFile expected = nn::TensorFile::open(kGolden / "expected.safetensors");
  const at::Tensor ids = expected.tensor("input_ids").contiguous();
  const at::Tensor mask = expected.tensor("attention_mask").contiguous();
  const auto values = [](const at::Tensor& t) {
    return std::vector<std::int64_t>(t.data_ptr<std::int64_t>(), t.data_ptr<std::int64_t>() + t.numel());
  };
  const at::Tensor embedding =
      golden_network().embed_text({ids.size(0), ids.size(1), values(ids), values(mask)});
  EXPECT_LE(distance(embedding, expected.tensor("text_embeds")), 5e-6);
}

teacher::ClapConfig tiny_config() {
  teacher::ClapConfig config;
  config.audio.image = 64;
  config.audio.patch_channels = 8;
  config.audio.depths = {2, 2};
  config.audio.head_counts = {2, 2};
  config.text = {
      .vocabulary = 20, .hidden = 8, .layer_count = 1, .head_count = 2, .intermediate = 16, .positions = 20};
  config.projection_size = 8;
  return config;
}

TEST(ClapNetwork, EveryWeightHasAGradient) {
  ClapNetwork network(tiny_config(), 3);
  const at::Tensor audio = network.embed_audio(at::linspace(-60, 0, 3 * 64 * 64).view({3, 64, 64})).embedding;
  const at::Tensor text =
      network.embed_text({3, 3, {0, 4, 2, 0, 5, 2, 0, 6, 2}, {1, 1, 1, 1, 1, 1, 1, 1, 1}});
  const at::Tensor logits = at::matmul(audio, text.t());
  (at::log_softmax(logits * network.audio_logit_scale(), 1).diagonal().sum() +
   at::log_softmax(logits.t() * network.text_logit_scale(), 1).diagonal().sum())
      .backward();
  for (const ParameterSet::Entry& entry : network.parameters().entries()) {
    const at::Tensor gradient =
        network.parameters().gradients().slice(0, entry.first, entry.first + entry.count);
    // A key's bias moves all scores of a row alike; the softmax does not see it.
    if (entry.name.ends_with("key.bias")) continue;
    EXPECT_GT(gradient.abs().max().item<double>(), 0) << entry.name;
  }
}

}  // namespace
}  // namespace pupil::pretrain
