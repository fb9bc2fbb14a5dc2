// SPDX-License-Identifier: Apache-2.0
// The door checks of the module, in one wording.

#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace pupil::metrics {

inline void require(bool holds, const char* message) {
  if (!holds) throw std::invalid_argument(message);
}

inline void require_same_length(std::size_t left, std::size_t right, const char* what) {
  if (left == right) return;
  throw std::invalid_argument(std::string(what) + ": lengths differ (" + std::to_string(left) + " and " +
                              std::to_string(right) + ")");
}

/// Rows of a [N, class_count] matrix.
inline std::size_t row_count(std::span<const float> scores, std::int32_t class_count) {
  require(class_count > 0, "scores: the number of classes must be positive");
  const auto columns = static_cast<std::size_t>(class_count);
  require(scores.size() % columns == 0, "scores: the size is no multiple of the number of classes");
  return scores.size() / columns;
}

inline void require_no_nan(std::span<const float> scores, const char* message) {
  for (const float score : scores) require(!std::isnan(score), message);
}

}  // namespace pupil::metrics
