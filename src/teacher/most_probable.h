// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace pupil::teacher {

/// Of an item's probabilities, [K], K > 0: the first of the largest.
inline std::size_t most_probable(std::span<const float> row) {
  return static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

}  // namespace pupil::teacher
