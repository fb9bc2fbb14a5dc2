// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"

namespace pupil {
namespace {

struct CodeRange {
  char32_t first;
  char32_t last;
};

constexpr CodeRange kSpaces[] = {
    {0x9, 0xd},       {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
    {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

// The length that the first byte announces; 0 if no character starts with it.
std::uint32_t length_from(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

}  // namespace

Utf8Char utf8_at(std::string_view text, std::size_t offset_bytes) {
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  constexpr unsigned char kLeadMask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  const std::string_view bytes = text.substr(offset_bytes);
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
  return {code, static_cast<std::uint32_t>(offset_bytes), size};
}

std::vector<Utf8Char> decode_utf8(std::string_view text) {
  std::vector<Utf8Char> chars;
  chars.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char next = utf8_at(text, at);
    if (next.size_bytes == 0) throw Error("text is not UTF-8 at byte " + std::to_string(at));
    chars.push_back(next);
    at += next.size_bytes;
  }
  return chars;
}

void append_utf8(std::string& text, char32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  text += static_cast<char>((0xff00 >> (more + 1) & 0xff) | code >> (6 * more));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | (code >> (6 * i) & 0x3f));
}

bool is_space(char32_t code) {
  return std::any_of(std::begin(kSpaces), std::end(kSpaces),
                     [code](const CodeRange& range) { return code >= range.first && code <= range.last; });
}

}  // namespace pupil
