// SPDX-License-Identifier: Apache-2.0
#include "base/name.h"

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <cstddef>

#include "base/text.h"
#include "base/utf8.h"

namespace pupil {
namespace {

// File systems allow 255 bytes; what we append (".golden") and print beside it needs room.
constexpr std::size_t kMaxNameBytes = 200;

bool is_control(char32_t letter) {
  // Spaces without width, line separators and marks that turn the direction of writing are as invisible.
  return letter < 0x20 || (letter >= 0x7f && letter < 0xa0) || letter == 0x200b || letter == 0xfeff ||
         (letter >= 0x2028 && letter <= 0x202e);
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
  char32_t first = 0, last = 0;
  for (std::size_t at = 0; at < name.size();) {
    const Utf8Char letter = utf8_at(name, at);
    if (letter.size_bytes == 0) return "is not UTF-8";
    if (is_control(letter.code)) return "has a line break or another character that cannot be seen";
    if (at == 0) first = letter.code;
    last = letter.code;
    at += letter.size_bytes;
  }
  if (is_space(first) || is_space(last)) return "begins or ends with a blank";
  return "";
}

std::string file_name_fault(std::string_view name) {
  std::string fault = label_fault(name);
  if (!fault.empty()) return fault;
  if (name.find_first_of("/\\") != std::string_view::npos)
    return "is a path: files are named so, '/' and '\\' are not allowed";
  if (name[0] == '.') return "begins with a dot: files are named so and would be hidden";
  return "";
}

std::string folded_name(std::string_view name) {
  std::string folded;
  bool gap = false;
  for (std::size_t at = 0; at < name.size();) {
    const Utf8Char letter = utf8_at(name, at);
    const std::size_t size = std::max<std::size_t>(1, letter.size_bytes);
    if (letter.size_bytes > 0 && is_space(letter.code)) {
      gap = !folded.empty();
    } else {
      if (gap) folded += ' ';
      gap = false;
      if (letter.size_bytes > 0)
        append_utf8(folded, lower(letter.code));
      else
        folded += name[at];  // kept as it is: what is not text has no case
    }
    at += size;
  }
  return folded;
}

}  // namespace pupil
