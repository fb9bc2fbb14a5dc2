// SPDX-License-Identifier: Apache-2.0
// The writing half, which every build has; parsing is in json_parse.cpp.
//
// 1. An object is a vector of pairs. Its order is that of the bytes; a search is linear, and objects are
//    small.
// 2. Text may be any bytes (file names are): what is no UTF-8 becomes U+FFFD here, so that the file is always
//    JSON.
// 3. A float goes through its shortest text: written as a double it would show digits that it does not have.

#include "base/json.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace pupil {
namespace {

// Length of the well-formed UTF-8 sequence at `at`, or 0 (RFC 3629: no surrogates, no overlong forms).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(at);
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF && continues(at + 1)) return 2;
  if (first >= 0xE0 && first <= 0xEF && continues(at + 1) && continues(at + 2)) {
    const unsigned second = byte(at + 1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4 && continues(at + 1) && continues(at + 2) && continues(at + 3)) {
    const unsigned second = byte(at + 1);
    if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
      ++i;
    } else if (c == '\n') {
      out += "\\n";
      ++i;
    } else if (c < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      out += escape;
      ++i;
    } else if (const std::size_t length = utf8_length(text, i); length > 0) {
      out += text.substr(i, length);
      i += length;
    } else {
      out += "\xEF\xBF\xBD";
      ++i;
    }
  }
  out += '"';
}

void write_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  append_text(out, value);
}

template <typename Type, typename Variant>
const Type& expect(const Variant& value, const char* wanted) {
  if (const Type* found = std::get_if<Type>(&value)) return *found;
  static constexpr const char* kKinds[] = {"null",     "a boolean", "an integer", "a number",
                                           "a string", "an array",  "an object"};
  throw Error(concat("JSON: expected ", wanted, ", found ", kKinds[value.index()]));
}

}  // namespace

Json::Json(float value) {
  double wide = value;
  if (std::isfinite(value)) {
    std::string text;
    append_text(text, value);
    wide = std::strtod(text.c_str(), nullptr);
  }
  value_ = wide;
}

bool Json::as_bool() const {
  return expect<bool>(value_, "a boolean");
}

double Json::as_double() const {
  if (is_integer()) return static_cast<double>(std::get<std::int64_t>(value_));
  return expect<double>(value_, "a number");
}

std::int64_t Json::as_int() const {
  return expect<std::int64_t>(value_, "an integer");
}
const std::string& Json::as_string() const {
  return expect<std::string>(value_, "a string");
}
const Json::Array& Json::as_array() const {
  return expect<Array>(value_, "an array");
}
const Json::Object& Json::as_object() const {
  return expect<Object>(value_, "an object");
}

const Json* Json::find(std::string_view key) const {
  for (const auto& [name, value] : as_object()) {
    if (name == key) return &value;
  }
  return nullptr;
}

const Json& Json::at(std::string_view key) const {
  const Json* value = find(key);
  if (value == nullptr) throw Error(concat("JSON: key '", key, "' is missing"));
  return *value;
}

void Json::set(std::string_view key, Json value) {
  if (is_null()) value_ = Object();
  Object& object = std::get<Object>(value_);
  for (auto& [name, old] : object) {
    if (name == key) {
      old = std::move(value);
      return;
    }
  }
  object.emplace_back(std::string(key), std::move(value));
}

void Json::push_back(Json value) {
  if (is_null()) value_ = Array();
  std::get<Array>(value_).push_back(std::move(value));
}

std::string Json::dump(int indent) const {
  std::string out;
  dump_to(out, indent, 0);
  return out;
}

void Json::dump_to(std::string& out, int indent, int depth) const {
  const auto new_line = [&](int level) {
    if (indent == 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent * level), ' ');
  };
  if (is_null()) {
    out += "null";
  } else if (is_bool()) {
    out += std::get<bool>(value_) ? "true" : "false";
  } else if (is_integer()) {
    out += std::to_string(std::get<std::int64_t>(value_));
  } else if (is_string()) {
    write_string(out, std::get<std::string>(value_));
  } else if (is_array()) {
    const Array& array = std::get<Array>(value_);
    out += '[';
    for (std::size_t i = 0; i < array.size(); ++i) {
      if (i > 0) out += ',';
      new_line(depth + 1);
      array[i].dump_to(out, indent, depth + 1);
    }
    if (!array.empty()) new_line(depth);
    out += ']';
  } else if (is_object()) {
    const Object& object = std::get<Object>(value_);
    out += '{';
    for (std::size_t i = 0; i < object.size(); ++i) {
      if (i > 0) out += ',';
      new_line(depth + 1);
      write_string(out, object[i].first);
      out += indent > 0 ? ": " : ":";
      object[i].second.dump_to(out, indent, depth + 1);
    }
    if (!object.empty()) new_line(depth);
    out += '}';
  } else {
    write_double(out, std::get<double>(value_));
  }
}

}  // namespace pupil
