// SPDX-License-Identifier: Apache-2.0
#include "base/table_text.h"

namespace pupil {
namespace {

std::string missing_spaces(const std::string& text, std::size_t width) {
  std::size_t letters = 0;
  for (const char c : text) letters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return std::string(letters < width ? width - letters : 0, ' ');
}

}  // namespace

std::string right_aligned(const std::string& text, std::size_t width) {
  return missing_spaces(text, width) + text;
}

std::string left_aligned(const std::string& text, std::size_t width) {
  return text + missing_spaces(text, width);
}

}  // namespace pupil
