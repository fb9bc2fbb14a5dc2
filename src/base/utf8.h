// SPDX-License-Identifier: Apache-2.0
// Reading and writing UTF-8, and which of its characters are space.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pupil {

/// One character of a UTF-8 text and the bytes it takes there.
struct Utf8Char {
  char32_t code = 0;
  std::uint32_t offset_bytes = 0;
  std::uint32_t size_bytes = 0;
};

/// The character at `offset_bytes`, which lies within `text`; size_bytes is 0 where none that is well-formed begins
/// (overlong forms and surrogates are not well-formed either).
Utf8Char utf8_at(std::string_view text, std::size_t offset_bytes);

/// The characters of `text`. Error that names the byte where the text is not well-formed.
std::vector<Utf8Char> decode_utf8(std::string_view text);

/// `code` must be a character: up to 0x10ffff and no surrogate.
void append_utf8(std::string& text, char32_t code);

/// Property White_Space.
bool is_space(char32_t code);

}  // namespace pupil
