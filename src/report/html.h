// SPDX-License-Identifier: Apache-2.0
// Pieces of HTML: escaped text, data URIs, tables, numbers as people read them.

#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace pupil::report {

/// Text for an element or a quoted attribute: & < > " ' as character references, control characters and bytes
/// that are no UTF-8 replaced. Everything that comes from outside (labels, file names, licences) goes through
/// it.
std::string escaped(std::string_view text);

/// "data:image/png;base64,...".
std::string data_uri(std::string_view media_type, std::span<const std::byte> bytes);

/// A table for people. Cells are HTML: escape what comes from outside. The first column holds names, the
/// others numbers. It scrolls by itself where it is wider than the page.
struct Table {
  std::string caption;               ///< text
  std::vector<std::string> columns;  ///< text
  std::vector<std::vector<std::string>> rows;
};
std::string table_html(const Table& table);

/// The table behind a word to click: charts have their numbers there.
std::string folded_table(const Table& table);

/// The value at the end of a path of keys; null pointer where there is none, or null stands there.
const Json* find_path(const Json& json, std::initializer_list<std::string_view> keys);
/// NaN where there is no number.
double number_at(const Json& json, std::initializer_list<std::string_view> keys);
/// Empty where there is no text; not escaped.
std::string text_at(const Json& json, std::initializer_list<std::string_view> keys);
/// Empty where there is no list.
std::span<const Json> list_at(const Json& json, std::initializer_list<std::string_view> keys);

/// 0.9341 -> "93.4 %", NaN -> "–".
std::string percent(double share);
/// As percent(), of an object {"value", "low", "high"}: "93.4 % (90.1 to 96.0)".
std::string percent_interval(const Json* interval);
/// "–" for NaN.
std::string decimal(double value, int digits);

}  // namespace pupil::report
