// SPDX-License-Identifier: Apache-2.0
#include "pretrain/bpe_training.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "nn/bpe_tokenizer.h"

namespace pupil::pretrain {
namespace {

const std::vector<std::string> kTexts = {"a dog barking", "a dog howling", "rain on a roof",
                                         "the bark of a dog"};

TEST(BpeTraining, FrequentWordsBecomeTokensAndTheReaderReadsThem) {
  const TestFolder folder;
  write_bpe(train_bpe(kTexts, 300), folder.path());
  const auto tokenizer = nn::BpeTokenizer::load(folder.path());
  EXPECT_EQ(tokenizer.begin_id(), 0);
  EXPECT_EQ(tokenizer.pad_id(), 1);
  EXPECT_EQ(tokenizer.end_id(), 2);
  EXPECT_EQ(tokenizer.encode("a dog").size(), 4U);  // <s> "a" " dog" </s>
  // Any bytes have tokens.
  for (const std::int64_t id : tokenizer.encode("Ünheard œ")) EXPECT_NE(id, 3);
}

TEST(BpeTraining, StopsWhenNoPairOccursTwice) {
  const BpeVocabulary vocabulary = train_bpe(kTexts, 10000);
  EXPECT_LT(vocabulary.tokens.size(), 400U);
  EXPECT_EQ(vocabulary.tokens.back(), "<mask>");
  EXPECT_EQ(vocabulary.tokens.size(), 4 + 256 + vocabulary.merges.size() + 1);
}

TEST(BpeTraining, SameTextsSameVocabulary) {
  EXPECT_EQ(train_bpe(kTexts, 300).tokens, train_bpe(kTexts, 300).tokens);
  EXPECT_THROW(train_bpe(kTexts, 100), Error);
}

TEST(BpeTraining, LongTextsGiveTheSameVocabularyEveryTime) {
  // Longer than what a string holds in itself.
  const std::vector<std::string> texts = {"a howling dog in the distance", "the howl of a large dog",
                                          "a dog that howls along with a siren"};
  const BpeVocabulary first = train_bpe(texts, 300);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(train_bpe(texts, 300).tokens, first.tokens);
  EXPECT_NE(std::find(first.tokens.begin(), first.tokens.end(), "\u0120dog"), first.tokens.end());
}

}  // namespace
}  // namespace pupil::pretrain
