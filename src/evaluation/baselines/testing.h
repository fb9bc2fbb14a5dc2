// SPDX-License-Identifier: Apache-2.0
// Synthetic windows for the tests of the baselines: a cloud of points per class.

#pragma once

#include <cstdint>
#include <vector>

#include "evaluation/baselines/window_table.h"
#include "metrics/counter_random.h"

namespace pupil::evaluation::testing {

/// Uniform in [-1, 1).
inline float noise(std::uint64_t seed, std::uint64_t counter) {
  return static_cast<float>(static_cast<double>(metrics::counter_random(seed, counter) >> 11U) * 0x1.0p-52 -
                            1);
}

/// `count` windows of each class, K = D = class_count: class k lies around `distance` on axis k, in a cube of
/// half-width 1. Ten windows to a recording.
inline WindowTable clouds(std::int32_t class_count, std::size_t count, float distance, std::uint64_t seed) {
  WindowTable table;
  table.feature_count = class_count;
  table.class_count = class_count;
  std::uint64_t counter = 0;
  for (std::int32_t k = 0; k < class_count; ++k) {
    for (std::size_t n = 0; n < count; ++n) {
      std::vector<float> row;
      for (std::int32_t d = 0; d < class_count; ++d)
        row.push_back(noise(seed, counter++) + (d == k ? distance : 0));
      table.add(row, k, static_cast<std::int64_t>(table.window_count() / 10));
    }
  }
  return table;
}

}  // namespace pupil::evaluation::testing
