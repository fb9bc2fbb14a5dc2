// SPDX-License-Identifier: Apache-2.0
#include "teacher/htsat.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "base/golden_folder.h"
#include "nn/tensor_file.h"

namespace pupil::teacher {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = golden_folder() / "clap_tiny";
const char* const kClips[] = {"short_1p3s_48k", "exact_10s_48k", "long_17s_48k", "edge_480037_48k",
                              "silence_lead_3p7s_48k"};

double max_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

Htsat load(const fs::path& folder) {
  nn::WeightReader weights(nn::TensorFile::open(folder / "model.safetensors"), "");
  const HtsatNames names = HtsatNames::hugging_face();
  Htsat tower(weights, names, htsat_sizes_from_tensors(weights, names));
  weights.finish({"text_*", "logit_scale_*", "*.num_batches_tracked", "audio_projection.*"});
  return tower;
}

// All clips, [5, C, 1001, 64]; a single stored channel stands for four equal ones in fused models.
at::Tensor stored_features(const fs::path& folder, std::int64_t channels) {
  const nn::TensorFile file = nn::TensorFile::open(folder / "features.safetensors");
  at::Tensor all = at::zeros({5, channels, 1001, 64}, at::kFloat);
  for (int i = 0; i < 5; ++i) all[i].copy_(file.tensor(kClips[i]));
  return all;
}

// Tolerances of golden/README.md for a float32 port that starts from the stored features.
double tolerance(const std::string& name) {
  if (name == "after_batch_norm") return 1e-5;
  return name == "mel2img" ? 2e-5 : 1e-4;
}

class HtsatParity : public testing::TestWithParam<const char*> {};

TEST_P(HtsatParity, EqualsTheReferenceStageByStage) {
  const fs::path folder = kGolden / GetParam();
  PUPIL_NEEDS(folder / "intermediates.safetensors");
  const at::NoGradGuard no_grad;
  const nn::TensorFile expected = nn::TensorFile::open(folder / "intermediates.safetensors");
  const nn::TensorFile outputs = nn::TensorFile::open(folder / "expected.safetensors");
  const Htsat tower = load(folder);
  std::map<std::string, at::Tensor> seen;
  const at::Tensor patches = tower.forward(
      stored_features(folder, tower.sizes().fusion ? 4 : 1), outputs.tensor("is_longer").flatten(),
      [&](std::string_view name, const at::Tensor& value) { seen.emplace(name, value); });
  for (const nn::TensorEntry& entry : expected.entries()) {
    ASSERT_TRUE(seen.contains(entry.name)) << entry.name;
    const at::Tensor all = seen.at(entry.name);
    // One stored row is that of clip 2, two are those of clips 0 and 2.
    const at::Tensor rows = entry.shape[0] == 1 ? all.slice(0, 2, 3) : all.slice(0, 0, 3, 2);
    EXPECT_LE(max_difference(rows, expected.tensor(entry.name)), tolerance(entry.name)) << entry.name;
  }
  EXPECT_LE(max_difference(tower.arranged(patches), outputs.tensor("audio_last_hidden_state")), 1e-4);
  EXPECT_LE(max_difference(Htsat::pooled(patches), outputs.tensor("audio_pooler_output")), 2e-5);
}

INSTANTIATE_TEST_SUITE_P(Tiny, HtsatParity, testing::Values("unfused", "fused"));

TEST(Htsat, FusesOnlyTheRowsThatAreLonger) {
  const fs::path folder = kGolden / "fused";
  PUPIL_NEEDS(folder / "features.safetensors");
  const at::NoGradGuard no_grad;
  const nn::TensorFile outputs = nn::TensorFile::open(folder / "expected.safetensors");
  const at::Tensor all_longer = at::zeros({5}, at::kBool).fill_(true);
  const Htsat tower = load(folder);
  const at::Tensor pooled = Htsat::pooled(tower.forward(stored_features(folder, 4), all_longer));
  EXPECT_LE(max_difference(pooled, outputs.tensor("audio_pooler_all_flagged_longer")), 2e-5);
}

}  // namespace
}  // namespace pupil::teacher
