// SPDX-License-Identifier: Apache-2.0
#include "nn/clap_text.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "base/golden_folder.h"
#include "nn/tensor_file.h"

namespace pupil::nn {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = golden_folder();

// Sizes of golden/clap_tiny (its README); weights are random and seeded.
RobertaSizes tiny_sizes(const std::string& which) {
  RobertaSizes sizes;
  sizes.vocabulary = which == "fused" ? 2000 : 50265;
  sizes.hidden = which == "fused" ? 32 : 16;
  sizes.intermediate = which == "fused" ? 96 : 64;
  sizes.layer_count = 2;
  sizes.head_count = 4;
  return sizes;
}

ClapText load_tiny(const std::string& which) {
  WeightReader weights(TensorFile::open(kGolden / "clap_tiny" / which / "model.safetensors"), "");
  ClapText text(tensor_source(weights), ClapTextNames::hugging_face(), tiny_sizes(which), 32);
  weights.finish({"audio_*", "logit_scale_*", "text_model.embeddings.position_ids",
                  "text_model.embeddings.token_type_ids"});
  return text;
}

TokenBatch tokens_of(const at::Tensor& ids, const at::Tensor& mask) {
  const auto values = [](const at::Tensor& t) {
    return std::vector<std::int64_t>(t.data_ptr<std::int64_t>(), t.data_ptr<std::int64_t>() + t.numel());
  };
  return {ids.size(0), ids.size(1), values(ids), values(mask)};
}

double max_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

// Tolerances: golden/README.md, "clap_tiny".
class ClapTextParity : public testing::TestWithParam<const char*> {};

TEST_P(ClapTextParity, EqualsTheReference) {
  const fs::path folder = kGolden / "clap_tiny" / GetParam();
  PUPIL_NEEDS(folder);
  const TensorFile expected = TensorFile::open(folder / "expected.safetensors");
  const ClapText text = load_tiny(GetParam());
  const auto output =
      text.forward(tokens_of(expected.tensor("input_ids"), expected.tensor("attention_mask")));
  EXPECT_LE(max_difference(output.roberta.last_hidden, expected.tensor("text_last_hidden_state")), 1e-5);
  EXPECT_LE(max_difference(output.roberta.pooled, expected.tensor("text_pooler_output")), 1e-5);
  EXPECT_LE(max_difference(output.projection, expected.tensor("text_projection")), 1e-5);
  EXPECT_LE(max_difference(normalised_rows(output.projection), expected.tensor("text_embeds")), 5e-6);
  const auto padded =
      text.forward(tokens_of(expected.tensor("input_ids_pad77"), expected.tensor("attention_mask_pad77")));
  EXPECT_LE(max_difference(normalised_rows(padded.projection), expected.tensor("text_embeds_pad77")), 5e-6);
}

INSTANTIATE_TEST_SUITE_P(Tiny, ClapTextParity, testing::Values("unfused", "fused"));

// From the words themselves; the prompts stand in golden/clap_tiny/unfused/meta.json.
TEST(ClapText, EmbedsPrompts) {
  PUPIL_NEEDS(kGolden / "clap_tiny/unfused");
  const std::vector<std::string> prompts = {"This is a sound of a dog barking.", "rain"};
  const TensorFile expected = TensorFile::open(kGolden / "clap_tiny/unfused/expected.safetensors");
  const at::Tensor embeds = load_tiny("unfused").embed(BpeTokenizer::load(kGolden / "tokenizer"), prompts);
  EXPECT_LE(max_difference(embeds, expected.tensor("text_embeds").slice(0, 0, 2)), 5e-6);
}

TEST(ClapText, LaionNamesGiveTheSizes) {
  const fs::path file = kGolden / "clap_tiny/laion/unfused.pt";
  PUPIL_NEEDS(file);
  const TensorFile checkpoint = TensorFile::open(file);
  WeightReader weights(checkpoint, checkpoint.prefix_of("text_branch.embeddings.word_embeddings.weight"));
  const ClapText text = ClapText::from_laion(weights);
  weights.finish({"audio_*", "logit_scale_*", "text_transform.*", "text_branch.embeddings.position_ids"});
  const TensorFile expected = TensorFile::open(kGolden / "clap_tiny/laion/expected_unfused.safetensors");
  const auto output =
      text.forward(tokens_of(expected.tensor("input_ids"), expected.tensor("attention_mask")));
  EXPECT_LE(max_difference(normalised_rows(output.projection), expected.tensor("text_embed")), 1e-5);
}

TEST(ClapText, RefusesAnotherVocabularyAndEmptyPrompts) {
  PUPIL_NEEDS(kGolden / "clap_tiny/unfused");
  const BpeTokenizer tokenizer = BpeTokenizer::load(kGolden / "tokenizer");
  const std::vector<std::string> rain = {"rain"}, blank = {"rain", " \t"};
  EXPECT_THROW(load_tiny("fused").embed(tokenizer, rain), Error) << "its table has 2000 rows";
  EXPECT_THROW(load_tiny("unfused").embed(tokenizer, blank), Error);
}

}  // namespace
}  // namespace pupil::nn
