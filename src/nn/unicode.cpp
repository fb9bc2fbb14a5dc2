// SPDX-License-Identifier: Apache-2.0
#include "nn/unicode.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/error.h"

namespace pupil::nn {
namespace {

struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

#include "nn/unicode_ranges.inc"

constexpr CodeRange kSpaces[] = {
    {0x9, 0xd},       {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
    {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

template <std::size_t N>
bool contains(const CodeRange (&ranges)[N], char32_t code) {
  const auto* range = std::upper_bound(std::begin(ranges), std::end(ranges), code,
                                       [](char32_t value, const CodeRange& r) { return value < r.first; });
  return range != std::begin(ranges) && code <= std::prev(range)->last;
}

// The length that the first byte announces; 0 if no character starts with it.
std::uint32_t length_from(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

// The character at `bytes`, or size_bytes 0 if there is none.
Utf8Char decode_one(std::string_view bytes) {
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  constexpr unsigned char kLeadMask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const std::uint32_t size = length_from(lead);
  if (size == 0 || size > bytes.size()) return {};
  char32_t code = lead & kLeadMask[size];
  for (std::uint32_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if ((byte & 0xc0) != 0x80) return {};
    code = code << 6 | (byte & 0x3f);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kSmallest[size] || code > 0x10ffff || surrogate) return {};
  return {code, 0, size};
}

}  // namespace

bool is_letter(char32_t code) {
  return contains(kLetters, code);
}
bool is_number(char32_t code) {
  return contains(kNumbers, code);
}
bool is_space(char32_t code) {
  return contains(kSpaces, code);
}

std::vector<Utf8Char> decode_utf8(std::string_view text) {
  std::vector<Utf8Char> chars;
  chars.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    Utf8Char next = decode_one(text.substr(at));
    if (next.size_bytes == 0) throw Error("text is not UTF-8 at byte " + std::to_string(at));
    next.offset_bytes = static_cast<std::uint32_t>(at);
    chars.push_back(next);
    at += next.size_bytes;
  }
  return chars;
}

}  // namespace pupil::nn
