// SPDX-License-Identifier: Apache-2.0
// Fields of answers from outside, which may be missing or of another kind than documented: then they are empty or 0.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace pupil::harvest {

/// The value at `keys` one within the other; null where a step is missing.
const Json& field(const Json& json, std::initializer_list<std::string_view> keys);

/// A string, or a number as text; empty: neither.
std::string text_of(const Json& json, std::initializer_list<std::string_view> keys);

/// A number, or a string that is one; 0: neither.
double number_of(const Json& json, std::initializer_list<std::string_view> keys);

/// A number of things; 0 where it is none, negative, or more than can be counted.
std::int64_t count_of(const Json& json, std::initializer_list<std::string_view> keys);

/// An array, or an empty one.
const Json::Array& list_of(const Json& json, std::initializer_list<std::string_view> keys);

/// "3:05", "1:02:03.5" or "12": seconds; 0: neither.
double seconds_of(std::string_view clock);

}  // namespace pupil::harvest
