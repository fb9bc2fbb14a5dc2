// SPDX-License-Identifier: Apache-2.0
// Reads TOML 1.0 (toml.io), all but dates and times. Our own: the device program reads its configuration too, and a
// library's parser made it 700 kB larger.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pupil {

/// A value and where it begins in the file.
class TomlNode {
 public:
  using Array = std::vector<TomlNode>;
  using Table = std::vector<std::pair<std::string, TomlNode>>;  ///< in the order of the file; no key twice

  TomlNode();  // not inline: Clang 14 would need the whole of Table for it, which needs this class
  TomlNode(const TomlNode& other);
  TomlNode(TomlNode&&) noexcept = default;
  TomlNode& operator=(const TomlNode& other);
  TomlNode& operator=(TomlNode&&) noexcept = default;

  bool is_table() const { return std::holds_alternative<Table>(value); }
  bool is_array() const { return std::holds_alternative<Array>(value); }
  bool is_string() const { return std::holds_alternative<std::string>(value); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value); }
  bool is_boolean() const { return std::holds_alternative<bool>(value); }
  /// Written as [[key]] tables.
  bool is_array_of_tables() const { return origin == Origin::array_of_tables; }

  /// The kind of value must be asked first.
  const Table& table() const { return std::get<Table>(value); }
  const Array& array() const { return std::get<Array>(value); }
  const std::string& string() const { return std::get<std::string>(value); }
  std::int64_t integer() const { return std::get<std::int64_t>(value); }
  bool boolean() const { return std::get<bool>(value); }
  double number() const;

  /// The value of `key`; null where this is no table or has none.
  const TomlNode* find(std::string_view key) const;

  /// "a table", "a string"..., for messages.
  std::string_view kind() const;

  // How it came to be decides what later lines may still add to it.
  enum class Origin { value, header, implicit, dotted, array_of_tables };

  std::variant<Table, Array, std::string, std::int64_t, double, bool> value;
  std::int32_t line = 1;
  Origin origin = Origin::value;
};

/// The root table. `name` stands in messages. Error "NAME:LINE: what is wrong": no TOML, not UTF-8, a key given twice, a
/// date, values nested deeper than 64.
TomlNode parse_toml(std::string_view text, std::string_view name);

}  // namespace pupil
