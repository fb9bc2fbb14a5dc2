// SPDX-License-Identifier: Apache-2.0
// What the tests of this module share: synthetic data and its permutations, from a seed.

#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "metrics/counter_random.h"

namespace pupil::metrics::testing {

/// Uniform in [0, 1), in steps of 1 / `levels`, so that few levels make many ties.
inline std::vector<float> random_scores(std::size_t count, std::uint64_t seed,
                                        std::uint32_t levels = 1U << 20U) {
  std::vector<float> scores;
  for (std::size_t n = 0; n < count; ++n) {
    scores.push_back(static_cast<float>(counter_index(seed, n, levels)) / static_cast<float>(levels));
  }
  return scores;
}

inline std::vector<std::int32_t> random_classes(std::size_t count, std::uint64_t seed,
                                                std::uint32_t class_count) {
  std::vector<std::int32_t> classes;
  for (std::size_t n = 0; n < count; ++n) {
    classes.push_back(static_cast<std::int32_t>(counter_index(seed, n, class_count)));
  }
  return classes;
}

inline std::vector<std::size_t> random_order(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t n = count; n > 1; --n) {
    std::swap(order[n - 1], order[counter_index(seed, n, static_cast<std::uint32_t>(n))]);
  }
  return order;
}

/// Rows of `columns` values in another order.
template <class T>
std::vector<T> permuted(const std::vector<T>& values, const std::vector<std::size_t>& order,
                        std::size_t columns = 1) {
  std::vector<T> result;
  for (const std::size_t n : order) {
    for (std::size_t k = 0; k < columns; ++k) result.push_back(values[n * columns + k]);
  }
  return result;
}

}  // namespace pupil::metrics::testing
