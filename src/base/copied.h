// SPDX-License-Identifier: Apache-2.0
// Copies of variants that hold strings and vectors.

#pragma once

#include <variant>

namespace pupil {

/// A copy of `from`, whose first alternative must be one that can be made of nothing. A variant's own copying ends the program where
/// memory is refused (libstdc++ 12 destroys the alternative that was never made, if it is a string or a vector).
template <typename... Alternatives>
std::variant<Alternatives...> copied(const std::variant<Alternatives...>& from) {
  std::variant<Alternatives...> copy;
  std::visit([&copy](const auto& value) { copy = value; }, from);
  return copy;
}

}  // namespace pupil
