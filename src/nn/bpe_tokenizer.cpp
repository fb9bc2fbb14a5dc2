// SPDX-License-Identifier: Apache-2.0
// Encoding. The files are read in bpe_files.cpp.
//
// Pieces are numbers while they are merged: looking up a pair is one hash of 64 bits, and no text is built.
// Each round searches all pairs of a word again, which is quadratic in its length; words are short, and a
// heap would cost more than it saves. A piece that only occurs on the way to longer ones has a number too;
// left over, it becomes <unk>.

#include "nn/bpe_tokenizer.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/utf8.h"
#include "nn/pre_tokenizer.h"

namespace pupil::nn {
namespace {

std::string to_utf8(char32_t code) {
  std::string text;
  append_utf8(text, code);
  return text;
}

std::uint64_t pair_key(std::uint32_t left, std::uint32_t right) {
  return static_cast<std::uint64_t>(left) << 32 | right;
}

std::string_view without_trailing_space(std::string_view text) {
  std::size_t end = 0;
  for (const Utf8Char& c : decode_utf8(text)) {
    if (!is_space(c.code)) end = c.offset_bytes + c.size_bytes;
  }
  return text.substr(0, end);
}

}  // namespace

std::array<std::string, 256> printable_bytes() {
  std::array<std::string, 256> names;
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool prints = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    names[byte] = to_utf8(prints ? byte : next++);
  }
  return names;
}

BpeTokenizer::BpeTokenizer(const BpeTables& tables) {
  const auto id_of = [&](const std::string& token) {
    const auto found = tables.vocabulary.find(token);
    if (found == tables.vocabulary.end()) throw Error("the vocabulary has no token " + token);
    return found->second;
  };
  begin_id_ = id_of("<s>");
  end_id_ = id_of("</s>");
  pad_id_ = id_of("<pad>");
  const std::int64_t unknown_id = id_of("<unk>");
  for (const auto& [token, id] : tables.vocabulary) {
    if (id < 0) throw Error("token " + token + " has the negative id " + std::to_string(id));
    vocabulary_size_ = std::max(vocabulary_size_, id + 1);
  }

  std::unordered_map<std::string, Symbol> symbols;
  const auto symbol = [&](const std::string& text) {
    const auto [place, is_new] = symbols.try_emplace(text, static_cast<Symbol>(id_of_symbol_.size()));
    if (is_new) {
      const auto id = tables.vocabulary.find(text);
      id_of_symbol_.push_back(id == tables.vocabulary.end() ? unknown_id : id->second);
    }
    return place->second;
  };
  const auto names = printable_bytes();
  for (std::size_t byte = 0; byte < names.size(); ++byte) symbol_of_byte_[byte] = symbol(names[byte]);
  for (const auto& [left, right] : tables.merges) {
    const Merge merge{static_cast<std::uint32_t>(merges_.size()), symbol(left + right)};
    merges_.try_emplace(pair_key(symbol(left), symbol(right)), merge);
  }

  for (const BpeTables::Special& special : tables.specials) {
    const auto known = tables.vocabulary.find(special.text);
    if (special.text.empty() || known == tables.vocabulary.end()) continue;
    specials_.push_back({special.text, known->second, special.takes_space_before});
  }
  // The longest special token wins where several start at one place.
  std::stable_sort(specials_.begin(), specials_.end(), [](const SpecialToken& a, const SpecialToken& b) {
    return a.text.size() > b.text.size();
  });
}

const BpeTokenizer::SpecialToken* BpeTokenizer::special_at(std::string_view text, std::size_t at) const {
  for (const SpecialToken& special : specials_) {
    if (text.substr(at).starts_with(special.text)) return &special;
  }
  return nullptr;
}

void BpeTokenizer::encode_word(std::string_view word, std::vector<std::int64_t>& ids) const {
  std::vector<Symbol> pieces;
  pieces.reserve(word.size());
  for (const char byte : word) pieces.push_back(symbol_of_byte_[static_cast<unsigned char>(byte)]);

  while (pieces.size() > 1) {
    Merge best{std::numeric_limits<std::uint32_t>::max(), 0};
    std::uint64_t best_key = 0;
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
      const std::uint64_t key = pair_key(pieces[i], pieces[i + 1]);
      const auto found = merges_.find(key);
      if (found != merges_.end() && found->second.rank < best.rank) {
        best = found->second;
        best_key = key;
      }
    }
    if (best.rank == std::numeric_limits<std::uint32_t>::max()) break;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const bool merges = i + 1 < pieces.size() && pair_key(pieces[i], pieces[i + 1]) == best_key;
      pieces[kept++] = merges ? best.merged : pieces[i];
      i += merges ? 1 : 0;
    }
    pieces.resize(kept);
  }
  for (const Symbol piece : pieces) ids.push_back(id_of_symbol_[piece]);
}

void BpeTokenizer::encode_plain(std::string_view text, std::vector<std::int64_t>& ids) const {
  for (const std::string_view word : split_words(text)) encode_word(word, ids);
}

std::vector<std::int64_t> BpeTokenizer::encode(std::string_view text, std::int64_t max_length) const {
  if (max_length < 2) throw Error("a token sequence needs room for <s> and </s>");
  std::vector<std::int64_t> ids{begin_id_};
  std::size_t plain_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const SpecialToken* special = special_at(text, at);
    if (special == nullptr) {
      ++at;
      continue;
    }
    const std::string_view plain = text.substr(plain_start, at - plain_start);
    encode_plain(special->takes_space_before ? without_trailing_space(plain) : plain, ids);
    ids.push_back(special->id);
    at += special->text.size();
    plain_start = at;
  }
  encode_plain(text.substr(plain_start), ids);
  ids.resize(std::min(ids.size(), static_cast<std::size_t>(max_length) - 1));
  ids.push_back(end_id_);
  return ids;
}

TokenBatch BpeTokenizer::encode_batch(std::span<const std::string> texts, std::int64_t max_length) const {
  std::vector<std::vector<std::int64_t>> rows;
  TokenBatch batch;
  for (const std::string& text : texts) {
    rows.push_back(encode(text, max_length));
    batch.length = std::max(batch.length, static_cast<std::int64_t>(rows.back().size()));
  }
  batch.row_count = static_cast<std::int64_t>(rows.size());
  for (const auto& row : rows) {
    const std::size_t padding = static_cast<std::size_t>(batch.length) - row.size();
    batch.ids.insert(batch.ids.end(), row.begin(), row.end());
    batch.ids.insert(batch.ids.end(), padding, pad_id_);
    batch.mask.insert(batch.mask.end(), row.size(), 1);
    batch.mask.insert(batch.mask.end(), padding, 0);
  }
  return batch;
}

}  // namespace pupil::nn
