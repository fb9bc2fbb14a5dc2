// SPDX-License-Identifier: Apache-2.0
// The text tower that learns against the one that embeds.

#include "pretrain/trainable_text.h"

#include "base/error.h"
#include "base/test_folder.h"
#include "nn/clap_text.h"
#include "separator/golden_test.h"

namespace pupil::pretrain {
namespace {

using namespace separator;  // the golden data and what is compared with

// Letters and nothing merged: ids 0-3 are the special tokens.
nn::BpeTokenizer letters() {
  nn::BpeTables tables;
  for (const char* token : {"<s>", "<pad>", "</s>", "<unk>"})
    tables.vocabulary.emplace(token, static_cast<std::int64_t>(tables.vocabulary.size()));
  for (char letter = 'a'; letter <= 'z'; ++letter)
    tables.vocabulary.emplace(std::string(1, letter), static_cast<std::int64_t>(tables.vocabulary.size()));
  return nn::BpeTokenizer(tables);
}

TEST(TrainableText, EmbedsAsItsCheckpoint) {
  const TestFolder folder;
  const nn::BpeTokenizer tokenizer = letters();
  TextSizes sizes;
  sizes.vocabulary = tokenizer.vocabulary_size();
  sizes.condition_size = 16;
  const TrainableText tower(sizes, 5);
  nn::write_safetensors(folder / "tower.safetensors",
                        tower.published(tower.parameters().values(), at::kFloat));

  nn::WeightReader weights(nn::TensorFile::open(folder / "tower.safetensors"), "query_encoder.model.");
  const nn::ClapText reader = nn::ClapText::from_laion(weights);
  weights.finish({});
  const std::string texts[] = {"howl", "a", "barking"};
  const at::NoGradGuard no_gradient;
  const at::Tensor ours = tower.embed(tokenizer.encode_batch(texts, sizes.max_tokens));
  EXPECT_LT(distance(ours, reader.embed(tokenizer, texts)), 1e-5F);
  EXPECT_GT(distance(ours[0], ours[1]), 1e-2F);
}

TEST(TrainableText, EveryTensorHasAGradient) {
  const nn::BpeTokenizer tokenizer = letters();
  const TrainableText tower({}, 1);
  const std::string texts[] = {"howl", "bark"};
  const at::Tensor embedding = tower.embed(tokenizer.encode_batch(texts));
  (embedding * at::randn({64})).sum().backward();
  for (const ParameterSet::Entry& entry : tower.parameters().entries()) {
    // A key's bias adds the same to all scores of a query: softmax does not see it.
    if (entry.name.ends_with("key.bias")) continue;
    EXPECT_GT(tower.parameters()[entry.name].grad().abs().sum().item<float>(), 0) << entry.name;
  }
}

TEST(TrainableText, RefusesAWidthThatReadersWouldCutIntoOtherHeads) {
  TextSizes sizes;
  sizes.hidden = 96;
  EXPECT_THROW(TrainableText(sizes, 1), Error);
}

}  // namespace
}  // namespace pupil::pretrain
