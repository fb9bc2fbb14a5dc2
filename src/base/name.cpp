// SPDX-License-Identifier: Apache-2.0
#include "base/name.h"

#include <locale.h>
#include <wctype.h>

#include <cstddef>
#include <cstdint>

#include "base/text.h"

namespace pupil {
namespace {

// File systems allow 255 bytes; what we append (".golden") and print beside it needs room.
constexpr std::size_t kMaxNameBytes = 200;
constexpr char32_t kNoLetter = 0xffffffff;

// The letter at `text[*at]`, and `at` behind it. kNoLetter: not UTF-8 (overlong forms and surrogates included).
char32_t next_letter(std::string_view text, std::size_t* at) {
  const auto first = static_cast<std::uint8_t>(text[(*at)++]);
  if (first < 0x80) return first;
  const std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first > 0xf4 || text.size() - *at < more) return kNoLetter;
  char32_t letter = first & (0x3f >> more);
  for (std::size_t i = 0; i < more; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[(*at)++]);
    if ((byte & 0xc0) != 0x80) return kNoLetter;
    letter = letter << 6 | (byte & 0x3f);
  }
  constexpr char32_t kLeast[] = {0x80, 0x800, 0x10000};
  const bool surrogate = letter >= 0xd800 && letter <= 0xdfff;
  return letter < kLeast[more - 1] || letter > 0x10ffff || surrogate ? kNoLetter : letter;
}

void append_letter(std::string& text, char32_t letter) {
  if (letter < 0x80) {
    text += static_cast<char>(letter);
    return;
  }
  const int more = letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
  text += static_cast<char>((0xff00 >> (more + 1) & 0xff) | letter >> (6 * more));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | (letter >> (6 * i) & 0x3f));
}

bool is_control(char32_t letter) {
  // Spaces without width, line separators and marks that turn the direction of writing are as invisible.
  return letter < 0x20 || (letter >= 0x7f && letter < 0xa0) || letter == 0x200b || letter == 0xfeff ||
         (letter >= 0x2028 && letter <= 0x202e);
}

bool is_blank(char32_t letter) {
  return letter == ' ' || (letter >= 0x09 && letter <= 0x0d) || letter == 0xa0 || letter == 0x1680 ||
         (letter >= 0x2000 && letter <= 0x200a) || letter == 0x202f || letter == 0x205f || letter == 0x3000;
}

// By Unicode's table whatever the user's locale is; without one (no C.UTF-8 here) letters beyond ASCII stay.
char32_t lower(char32_t letter) {
  static const locale_t table = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (table == nullptr) return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter;
  return static_cast<char32_t>(towlower_l(static_cast<wint_t>(letter), table));
}

}  // namespace

std::string label_fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMaxNameBytes) return concat("is longer than ", kMaxNameBytes, " bytes");
  char32_t first = kNoLetter, last = kNoLetter;
  for (std::size_t at = 0; at < name.size();) {
    last = next_letter(name, &at);
    if (last == kNoLetter) return "is not UTF-8";
    if (is_control(last)) return "has a line break or another character that cannot be seen";
    if (first == kNoLetter) first = last;
  }
  if (is_blank(first) || is_blank(last)) return "begins or ends with a blank";
  return "";
}

std::string file_name_fault(std::string_view name) {
  std::string fault = label_fault(name);
  if (!fault.empty()) return fault;
  if (name.find_first_of("/\\") != std::string_view::npos) return "is a path: files are named so, '/' and '\\' are not allowed";
  if (name[0] == '.') return "begins with a dot: files are named so and would be hidden";
  return "";
}

std::string folded_name(std::string_view name) {
  std::string folded;
  bool gap = false;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t begin = at;
    const char32_t letter = next_letter(name, &at);
    if (letter == kNoLetter) {  // kept as it is: what is not text has no case
      folded += name.substr(begin, at - begin);
    } else if (is_blank(letter)) {
      gap = !folded.empty();
    } else {
      if (gap) folded += ' ';
      gap = false;
      append_letter(folded, lower(letter));
    }
  }
  return folded;
}

}  // namespace pupil
