// SPDX-License-Identifier: Apache-2.0
// The classes of characters that the tokenizer needs beside base/utf8.h.

#pragma once

namespace pupil::nn {

/// General category L (letters of any script).
bool is_letter(char32_t code);

/// General category N (digits, letter-like numbers, fractions).
bool is_number(char32_t code);

}  // namespace pupil::nn
