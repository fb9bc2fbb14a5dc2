// SPDX-License-Identifier: Apache-2.0
// Text for messages: joining parts, the nearest known word, quantities as people read them.

#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pupil {

/// Appends one part; numbers in their shortest form. Not through streams: they would bring 1.5 MB of locales
/// into a static executable.
inline void append_text(std::string& out, std::string_view part) {
  out += part;
}
inline void append_text(std::string& out, char part) {
  out += part;
}
template <std::integral Number>
void append_text(std::string& out, Number part) {
  char text[40];
  out.append(text, std::to_chars(text, text + sizeof text, part).ptr);
}
/// The fewest digits that give the number back. (Not std::to_chars: its tables are 170 kB.)
void append_text(std::string& out, double part);
void append_text(std::string& out, float part);

/// The parts one after the other: concat("found ", 3, " clips").
template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (append_text(out, parts), ...);
  return out;
}

/// ASCII letters small, every other byte as it is: in any locale.
std::string lower_case(std::string_view text);

/// The known word with the fewest typing errors from `word`; empty when none is near enough to be meant
/// (more than a third of the letters differ).
std::string nearest_word(std::string_view word, std::span<const std::string_view> known);

/// ", did you mean 'collect'?", or empty when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

/// 1234567 -> "1,234,567".
std::string with_thousands(std::int64_t value);

/// 1536 -> "1.5 kB" (powers of 1000, as file managers and data sheets count).
std::string readable_bytes(std::int64_t bytes);

/// 3725 -> "1 h 02 min"; 75 -> "1 min 15 s"; 2.5 -> "2.5 s".
std::string readable_seconds(double seconds);

/// `value` with `digits` digits behind the point.
std::string fixed(double value, int digits);

}  // namespace pupil
