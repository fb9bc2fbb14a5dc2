// SPDX-License-Identifier: Apache-2.0
// Makes a vocabulary of byte-level BPE, the form of RoBERTa's: what nn/bpe_tokenizer reads.

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pupil::pretrain {

struct BpeVocabulary {
  /// By id: <s> <pad> </s> <unk>, the 256 bytes in their printable form, the merged pieces, <mask> last.
  std::vector<std::string> tokens;
  /// Best first, in printable form.
  std::vector<std::pair<std::string, std::string>> merges;
};

/// Learns merges from `texts` until there are `size` tokens or no pair occurs twice. Ties go to the pair that
/// sorts first: same texts, same vocabulary. Words are cut as nn::split_words() cuts them; each text also counts
/// as its words with a space in front, so that a word has one token at the beginning of a text and within.
/// Error: `size` below 261, or a text that is not UTF-8.
BpeVocabulary train_bpe(std::span<const std::string> texts, std::int64_t size);

/// Writes vocab.json and merges.txt into `folder`. Error: cannot write.
void write_bpe(const BpeVocabulary& vocabulary, const std::filesystem::path& folder);

}  // namespace pupil::pretrain
