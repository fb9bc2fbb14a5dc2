// SPDX-License-Identifier: Apache-2.0
#include "nn/pre_tokenizer.h"

#include <cstddef>

#include "base/utf8.h"
#include "nn/unicode.h"

namespace pupil::nn {
namespace {

enum class CharKind { kLetter, kNumber, kSpace, kOther };

CharKind kind_of(char32_t code) {
  if (is_letter(code)) return CharKind::kLetter;
  if (is_number(code)) return CharKind::kNumber;
  return is_space(code) ? CharKind::kSpace : CharKind::kOther;
}

// Characters of the contraction that `text` starts with, 0 if none.
std::size_t contraction_length(std::string_view text) {
  for (std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (text.starts_with(ending)) return ending.size();
  }
  return 0;
}

// Index behind the last of the characters from `at` on that are of the same kind as that at `at`.
std::size_t run_end(const std::vector<CharKind>& kinds, std::size_t at) {
  std::size_t end = at;
  while (end < kinds.size() && kinds[end] == kinds[at]) ++end;
  return end;
}

// Index behind the white space that makes one word; the last one before a word belongs to that word.
std::size_t space_end(const std::vector<CharKind>& kinds, std::size_t at) {
  const std::size_t end = run_end(kinds, at);
  return end < kinds.size() && end - at > 1 ? end - 1 : end;
}

}  // namespace

std::vector<std::string_view> split_words(std::string_view text) {
  const std::vector<Utf8Char> chars = decode_utf8(text);
  std::vector<CharKind> kinds;
  kinds.reserve(chars.size());
  for (const Utf8Char& c : chars) kinds.push_back(kind_of(c.code));

  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < chars.size();) {
    const std::size_t start_bytes = chars[at].offset_bytes;
    std::size_t end = at + contraction_length(text.substr(start_bytes));
    if (end == at) {
      const bool space_before_word =
          chars[at].code == U' ' && at + 1 < chars.size() && kinds[at + 1] != CharKind::kSpace;
      const std::size_t first = space_before_word ? at + 1 : at;
      end = kinds[first] == CharKind::kSpace ? space_end(kinds, first) : run_end(kinds, first);
    }
    const std::size_t end_bytes = end < chars.size() ? chars[end].offset_bytes : text.size();
    words.push_back(text.substr(start_bytes, end_bytes - start_bytes));
    at = end;
  }
  return words;
}

}  // namespace pupil::nn
