// SPDX-License-Identifier: Apache-2.0
#include "harvest/json_fields.h"

#include <charconv>
#include <cmath>

#include "base/text.h"

namespace pupil::harvest {
namespace {

double parse(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value) ? value : 0;
}

}  // namespace

const Json& field(const Json& json, std::initializer_list<std::string_view> keys) {
  static const Json none;
  const Json* at = &json;
  for (const std::string_view key : keys) {
    at = at->is_object() ? at->find(key) : nullptr;
    if (at == nullptr) return none;
  }
  return *at;
}

std::string text_of(const Json& json, std::initializer_list<std::string_view> keys) {
  const Json& value = field(json, keys);
  if (value.is_string()) return value.as_string();
  return value.is_number() ? value.dump() : std::string();
}

double number_of(const Json& json, std::initializer_list<std::string_view> keys) {
  const Json& value = field(json, keys);
  if (value.is_number()) return value.as_double();
  return value.is_string() ? parse(value.as_string()) : 0;
}

std::int64_t count_of(const Json& json, std::initializer_list<std::string_view> keys) {
  constexpr double kMost = 1e15;  // past it a double is no count any more
  const double value = number_of(json, keys);
  return value >= 0 && value <= kMost ? static_cast<std::int64_t>(value) : 0;
}

const Json::Array& list_of(const Json& json, std::initializer_list<std::string_view> keys) {
  static const Json::Array none;
  const Json& value = field(json, keys);
  return value.is_array() ? value.as_array() : none;
}

double seconds_of(std::string_view clock) {
  double seconds = 0;
  while (!clock.empty()) {
    const std::size_t colon = clock.find(':');
    seconds = 60 * seconds + parse(clock.substr(0, colon));
    if (colon == std::string_view::npos) break;
    clock.remove_prefix(colon + 1);
  }
  return seconds;
}

}  // namespace pupil::harvest
