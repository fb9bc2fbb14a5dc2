// SPDX-License-Identifier: Apache-2.0
#include "pretrain/bpe_training.h"

#include <map>

#include "base/error.h"
#include "base/json.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "nn/bpe_tokenizer.h"
#include "nn/pre_tokenizer.h"

namespace pupil::pretrain {
namespace {

using Pair = std::pair<std::string, std::string>;

struct Word {
  std::vector<std::string> pieces;
  std::int64_t count = 0;
};

std::vector<Word> count_words(std::span<const std::string> texts) {
  const auto names = nn::printable_bytes();
  std::map<std::string, std::int64_t> counts;
  for (const std::string& text : texts) {
    for (const std::string_view word : nn::split_words(text)) ++counts[std::string(word)];
    const std::string within = " " + text;  // lives as long as its words are looked at
    for (const std::string_view word : nn::split_words(within)) ++counts[std::string(word)];
  }
  std::vector<Word> words;
  for (const auto& [text, count] : counts) {
    Word word;
    for (const char byte : text) word.pieces.push_back(names[static_cast<unsigned char>(byte)]);
    word.count = count;
    words.push_back(std::move(word));
  }
  return words;
}

// The most frequent pair of neighbours; empty strings when none occurs twice.
Pair best_pair(const std::vector<Word>& words) {
  std::map<Pair, std::int64_t> counts;
  for (const Word& word : words) {
    for (std::size_t i = 0; i + 1 < word.pieces.size(); ++i) {
      counts[{word.pieces[i], word.pieces[i + 1]}] += word.count;
    }
  }
  Pair best;
  std::int64_t most = 1;
  for (const auto& [pair, count] : counts) {
    if (count > most) {
      most = count;
      best = pair;
    }
  }
  return best;
}

void merge(Word& word, const Pair& pair) {
  std::vector<std::string> merged;
  for (std::size_t i = 0; i < word.pieces.size(); ++i) {
    const bool joins =
        i + 1 < word.pieces.size() && word.pieces[i] == pair.first && word.pieces[i + 1] == pair.second;
    merged.push_back(joins ? pair.first + pair.second : word.pieces[i]);
    if (joins) ++i;
  }
  word.pieces = std::move(merged);
}

}  // namespace

BpeVocabulary train_bpe(std::span<const std::string> texts, std::int64_t size) {
  constexpr std::int64_t kSpecialCount = 5, kByteCount = 256;
  if (size < kSpecialCount + kByteCount)
    throw Error(concat("a vocabulary of ", size, " tokens: at least 261"));
  BpeVocabulary vocabulary;
  vocabulary.tokens = {"<s>", "<pad>", "</s>", "<unk>"};
  for (const std::string& byte : nn::printable_bytes()) vocabulary.tokens.push_back(byte);
  std::vector<Word> words = count_words(texts);
  while (std::ssize(vocabulary.tokens) + 1 < size) {
    const Pair pair = best_pair(words);
    if (pair.first.empty()) break;
    for (Word& word : words) merge(word, pair);
    vocabulary.tokens.push_back(pair.first + pair.second);
    vocabulary.merges.push_back(pair);
  }
  vocabulary.tokens.emplace_back("<mask>");
  return vocabulary;
}

void write_bpe(const BpeVocabulary& vocabulary, const std::filesystem::path& folder) {
  Json ids{Json::Object()};
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) ids.set(vocabulary.tokens[id], id);
  write_whole(folder / "vocab.json", ids.dump() + "\n");
  std::string merges = "#version: 0.2\n";
  for (const auto& [left, right] : vocabulary.merges) merges += concat(left, " ", right, "\n");
  write_whole(folder / "merges.txt", merges);
}

}  // namespace pupil::pretrain
