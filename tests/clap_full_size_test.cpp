// SPDX-License-Identifier: Apache-2.0
// Full-size CLAP checkpoints of every list of names in golden/clap_names: written with random values, loaded,
// run on audio and text. One at a time, in the working folder (0.8 GB), gone afterwards.

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "base/json.h"
#include "nn/tensor_file.h"
#include "teacher/clap.h"

namespace pupil::teacher {
namespace {

namespace fs = std::filesystem;

const fs::path kNames = fs::path(PUPIL_SHARED_DIR) / "golden/clap_names";
const fs::path kTokenizer = fs::path(PUPIL_SHARED_DIR) / "golden/tokenizer";

// Uniform values, small for matrices so that activations stay within range, around 1 for what is a vector
// (scales, variances: none may be negative).
at::Tensor random_tensor(const std::vector<std::int64_t>& shape, std::mt19937& seeds) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  const float width =
      shape.size() > 1 ? 1.0F / std::sqrt(static_cast<float>(tensor.numel() / shape[0])) : 0.2F;
  const float centre = shape.size() > 1 ? 0.0F : 1.0F;
  std::uint32_t state = seeds();
  float* values = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    state = state * 1664525u + 1013904223u;
    values[i] = centre + width * (static_cast<float>(state >> 8) / 8388608.0F - 1.0F);
  }
  return tensor;
}

void write_checkpoint(const Json& list, const std::string& prefix, const fs::path& path) {
  std::mt19937 seeds(7);
  std::vector<nn::NamedTensor> tensors;
  for (const Json& entry : list.at("tensors").as_array()) {
    const std::string& name = entry.at("name").as_string();
    std::vector<std::int64_t> shape;
    for (const Json& size : entry.at("shape").as_array()) shape.push_back(size.as_int());
    at::Tensor tensor = random_tensor(shape, seeds);
    if (name.ends_with("relative_position_index"))
      tensor = relative_position_index(8);
    else if (entry.at("dtype").as_string() == "int64")
      tensor = tensor.to(at::kLong);
    tensors.push_back({prefix + name, tensor});
  }
  nn::write_safetensors(path, tensors);
}

void expect_it_runs(const Clap& clap) {
  std::vector<float> noise(48000);
  std::mt19937 random(3);
  for (float& sample : noise) sample = std::uniform_real_distribution<float>(-0.5F, 0.5F)(random);
  const std::vector<std::string> prompts = {"a dog barking", "rain"};
  const at::Tensor audio = clap.embed_audio(std::vector<std::vector<float>>{noise});
  const at::Tensor logits = clap.audio_logits(audio, clap.embed_text(prompts));
  EXPECT_EQ(audio.sizes(), (at::IntArrayRef{1, 512}));
  EXPECT_NEAR(audio.square().sum().item<double>(), 1.0, 1e-4);
  EXPECT_TRUE(logits.isfinite().all().item<bool>());
}

class ClapFullSize : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!fs::exists(kNames)) GTEST_SKIP() << kNames << " is absent";
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  const fs::path folder = fs::current_path() / "clap_full_size";
};

TEST_P(ClapFullSize, LoadsAndRuns) {
  const std::string name = GetParam();
  const Json list = read_json(kNames / (name + ".tensors.json"));
  if (name.starts_with("hf_")) {
    fs::copy_file(kNames / (name + ".config_reference_defaults.json"), folder / "config.json");
    const char* truncation = name.ends_with("-fused") ? "fusion" : "rand_trunc";
    fs::copy_file(kNames / (std::string("preprocessor_config.") + truncation + ".json"),
                  folder / "preprocessor_config.json");
    write_checkpoint(list, "", folder / "model.safetensors");
  } else {
    write_checkpoint(list, "state_dict.module.", folder / "weights.pt");
  }
  expect_it_runs(Clap::load(folder, {.tokenizer_folder = kTokenizer}));
}

INSTANTIATE_TEST_SUITE_P(Lists, ClapFullSize,
                         testing::Values("hf_clap-htsat-unfused", "hf_clap-htsat-fused",
                                         "hf_larger_clap_general", "laion_htsat-tiny_unfused",
                                         "laion_htsat-tiny_fused", "laion_htsat-base_unfused"));

}  // namespace
}  // namespace pupil::teacher
