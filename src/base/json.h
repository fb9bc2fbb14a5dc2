// SPDX-License-Identifier: Apache-2.0
// JSON values: read (through nlohmann-json, forge builds only) and written (our own, everywhere).

#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/copied.h"

namespace pupil {

/// A JSON value. Objects keep the order in which keys were added, so that the same data gives the same bytes.
/// NaN and infinities are written as null: JSON has no other word for them.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;
  Json(const Json& other) : value_(copied(other.value_)) {}
  Json(Json&&) noexcept = default;
  Json& operator=(const Json& other) {
    value_ = copied(other.value_);
    return *this;
  }
  Json& operator=(Json&&) noexcept = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) Json(Integer value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  /// Written with the fewest digits that give this float back.
  Json(float value);
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  template <typename Element>
  Json(const std::vector<Element>& elements) : value_(Array(elements.begin(), elements.end())) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  /// The value as the type asked for; Error that says what was found otherwise.
  bool as_bool() const;
  double as_double() const;
  std::int64_t as_int() const;
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;

  /// The value of `key`, or null pointer; this must be an object.
  const Json* find(std::string_view key) const;
  /// The value of `key`; Error that names it when it is absent.
  const Json& at(std::string_view key) const;
  /// Adds `key` or replaces its value; a null value becomes an object first.
  void set(std::string_view key, Json value);
  /// Appends to an array; a null value becomes an array first.
  void push_back(Json value);

  /// `indent` 0: one line. Text is UTF-8; bytes that are not are replaced by U+FFFD.
  std::string dump(int indent = 0) const;

 private:
  void dump_to(std::string& out, int indent, int depth) const;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

/// Error with line and column when `text` is not JSON, or nested deeper than 200.
Json parse_json(std::string_view text);

/// Error with the file's name in front. The file is at most 256 MB.
Json read_json(const std::filesystem::path& path);

}  // namespace pupil
