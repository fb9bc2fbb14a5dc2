// SPDX-License-Identifier: Apache-2.0
// The little of Unicode that the tokenizer needs: reading UTF-8 and three classes of characters.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pupil::nn {

/// General category L (letters of any script).
bool is_letter(char32_t code);

/// General category N (digits, letter-like numbers, fractions).
bool is_number(char32_t code);

/// Property White_Space.
bool is_space(char32_t code);

/// One character of a UTF-8 text and the bytes it takes there.
struct Utf8Char {
  char32_t code = 0;
  std::uint32_t offset_bytes = 0;
  std::uint32_t size_bytes = 0;
};

/// The characters of `text`. Throws pupil::Error that names the byte where the text is not well-formed UTF-8
/// (overlong forms and surrogates are not well-formed either).
std::vector<Utf8Char> decode_utf8(std::string_view text);

}  // namespace pupil::nn
