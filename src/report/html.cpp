// SPDX-License-Identifier: Apache-2.0
// Two rules that every section of the page relies on.
//
// 1. What comes from outside is escaped once, by whoever puts it into a cell. table_html() escapes captions
//    and columns and leaves cells alone: they may hold markup.
// 2. A missing key, a null and a value of another type are the same to a reader (find_path() and those behind
//    it): a report of another version has gaps, it does not fail. A NaN is written as null
//    and so comes back as NaN.

#include "report/html.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/base64.h"
#include "base/text.h"

namespace pupil::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Bytes of the UTF-8 sequence at the front of `text`; 0 where there is none.
std::size_t sequence_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t count = byte(0) < 0x80                      ? 1
                            : byte(0) >= 0xC2 && byte(0) < 0xE0 ? 2
                            : (byte(0) & 0xF0) == 0xE0          ? 3
                            : byte(0) >= 0xF0 && byte(0) < 0xF5 ? 4
                                                                : 0;
  if (count == 0 || text.size() < count) return 0;
  for (std::size_t i = 1; i < count; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return count;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '&': out += "&amp;"; return;
    case '<': out += "&lt;"; return;
    case '>': out += "&gt;"; return;
    case '"': out += "&quot;"; return;
    case '\'': out += "&#39;"; return;
    default:
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')
        out += kReplacement;
      else
        out += c;
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t count = sequence_bytes(text);
    if (count <= 1) {
      if (count == 1)
        append_escaped(out, text.front());
      else
        out += kReplacement;
      text.remove_prefix(1);
      continue;
    }
    out += text.substr(0, count);
    text.remove_prefix(count);
  }
  return out;
}

std::string data_uri(std::string_view media_type, std::span<const std::byte> bytes) {
  return concat("data:", media_type, ";base64,", base64(bytes));
}

std::string table_html(const Table& table) {
  std::string out = "<div class=\"scroll\" tabindex=\"0\"><table>";
  if (!table.caption.empty()) out += concat("<caption>", escaped(table.caption), "</caption>");
  out += "<thead><tr>";
  for (const std::string& column : table.columns)
    out += concat("<th scope=\"col\">", escaped(column), "</th>");
  out += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      out += i == 0 ? concat("<th scope=\"row\">", row[i], "</th>") : concat("<td>", row[i], "</td>");
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string folded_table(const Table& table) {
  return concat("<details><summary>Numbers</summary>", table_html(table), "</details>\n");
}

const Json* find_path(const Json& json, std::initializer_list<std::string_view> keys) {
  const Json* at = &json;
  for (const std::string_view key : keys) {
    if (!at->is_object()) return nullptr;
    at = at->find(key);
    if (at == nullptr || at->is_null()) return nullptr;
  }
  return at->is_null() ? nullptr : at;
}

double number_at(const Json& json, std::initializer_list<std::string_view> keys) {
  const Json* value = find_path(json, keys);
  return value != nullptr && value->is_number() ? value->as_double()
                                                : std::numeric_limits<double>::quiet_NaN();
}

std::string text_at(const Json& json, std::initializer_list<std::string_view> keys) {
  const Json* value = find_path(json, keys);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

std::span<const Json> list_at(const Json& json, std::initializer_list<std::string_view> keys) {
  const Json* value = find_path(json, keys);
  if (value == nullptr || !value->is_array()) return {};
  return value->as_array();
}

std::string percent(double share) {
  return std::isfinite(share) ? fixed(100 * share, 1) + " %" : "–";
}

std::string percent_interval(const Json* interval) {
  if (interval == nullptr) return "–";
  const double low = number_at(*interval, {"low"}), high = number_at(*interval, {"high"});
  std::string text = percent(number_at(*interval, {"value"}));
  if (std::isfinite(low) && std::isfinite(high))
    text += concat(" (", fixed(100 * low, 1), " to ", fixed(100 * high, 1), ")");
  return text;
}

std::string decimal(double value, int digits) {
  return std::isfinite(value) ? fixed(value, digits) : "–";
}

}  // namespace pupil::report
