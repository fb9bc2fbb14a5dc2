// SPDX-License-Identifier: Apache-2.0
// The byte-level BPE tokenizer of RoBERTa (GPT-2's merges, <s> ... </s> around the text), which CLAP's text
// tower was trained with. Read from vocab.json + merges.txt or from tokenizer.json.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pupil::nn {

/// Token ids of several texts, padded to one length: both arrays are [row_count, length], row-major.
struct TokenBatch {
  std::int64_t row_count = 0;
  std::int64_t length = 0;
  std::vector<std::int64_t> ids;
  /// 1 for a token, 0 for padding.
  std::vector<std::int64_t> mask;
};

/// What the files of a tokenizer say.
struct BpeTables {
  struct Special {
    std::string text;
    /// White space to its left is part of the token, as with <mask>.
    bool takes_space_before = false;
  };

  std::unordered_map<std::string, std::int64_t> vocabulary;
  /// Best first.
  std::vector<std::pair<std::string, std::string>> merges;
  /// Tokens that are recognised when written out in a text; those that the vocabulary lacks are ignored.
  std::vector<Special> specials;
};

/// How vocabularies write each byte: those that print as themselves, the others in order from U+0100 on ("Ġ" is the
/// space).
std::array<std::string, 256> printable_bytes();

/// Texts to token ids. Immutable once loaded: any number of threads may encode.
class BpeTokenizer {
 public:
  /// Throws Error if <s>, </s>, <pad> or <unk> are not in the vocabulary, or an id is negative.
  explicit BpeTokenizer(const BpeTables& tables);

  /// From a folder that holds vocab.json and merges.txt, or else tokenizer.json.
  /// Throws Error also if neither is there or a file is malformed.
  static BpeTokenizer load(const std::filesystem::path& folder);
  /// Whether load(folder) would find its files.
  static bool present_in(const std::filesystem::path& folder);

  /// `text` between <s> and </s>. At most `max_length` ids: of a longer text the first ones, then </s>.
  /// A special token written out in the text ("<mask>") is that token.
  /// Throws Error if the text is not UTF-8.
  std::vector<std::int64_t> encode(std::string_view text, std::int64_t max_length = 512) const;

  /// All texts, padded on the right with <pad> to the longest of them.
  TokenBatch encode_batch(std::span<const std::string> texts, std::int64_t max_length = 512) const;

  /// Largest id + 1: an embedding table with fewer rows belongs to another vocabulary.
  std::int64_t vocabulary_size() const { return vocabulary_size_; }
  std::int64_t begin_id() const { return begin_id_; }
  std::int64_t end_id() const { return end_id_; }
  std::int64_t pad_id() const { return pad_id_; }

 private:
  // A piece of text during merging: index into symbols_.
  using Symbol = std::uint32_t;

  struct Merge {
    std::uint32_t rank;
    Symbol merged;
  };
  struct SpecialToken {
    std::string text;
    std::int64_t id;
    bool takes_space_before;
  };

  const SpecialToken* special_at(std::string_view text, std::size_t at) const;
  void encode_plain(std::string_view text, std::vector<std::int64_t>& ids) const;
  void encode_word(std::string_view word, std::vector<std::int64_t>& ids) const;

  std::vector<std::int64_t> id_of_symbol_;  // <unk> for pieces that only occur on the way to longer ones
  std::unordered_map<std::uint64_t, Merge> merges_;  // key: left symbol << 32 | right symbol
  std::vector<SpecialToken> specials_;
  Symbol symbol_of_byte_[256] = {};
  std::int64_t vocabulary_size_ = 0;
  std::int64_t begin_id_ = 0;
  std::int64_t end_id_ = 0;
  std::int64_t pad_id_ = 0;
  std::int64_t unknown_id_ = 0;
};

}  // namespace pupil::nn
