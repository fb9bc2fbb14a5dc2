// SPDX-License-Identifier: Apache-2.0
// The nearest rows of every row among vectors of length 1, by their cosine. Called by refinement.cpp.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::teacher {

/// Up to so many rows all pairs are compared; above, a forest of random trees proposes whom to compare.
inline constexpr std::int64_t kExactNeighbourRows = 8192;

struct Neighbours {
  std::int32_t count = 0;          ///< Places a row has.
  std::vector<std::int32_t> rows;  ///< [N, count], the nearest first; -1 where there are fewer others.
  std::vector<float> cosines;      ///< [N, count], of `rows`; 0 where there are fewer.

  std::span<const std::int32_t> rows_of(std::int64_t row) const;
  std::span<const float> cosines_of(std::int64_t row) const;
};

/// The `count` nearest others of each row of `unit_rows` [N, D], each of length 1 (a row of zeros is far from
/// all); of equally near ones the first. Up to kExactNeighbourRows exact; above, nearly all of them, in time
/// N log N and, beside the rows, 300 bytes a row (figures in docs/teachers.md).
/// The result depends on the rows and their order alone: neither on the number of libtorch's threads nor on
/// chance. Error: not rows of D, fewer than one neighbour, or 2^31 rows and more.
Neighbours find_neighbours(std::span<const float> unit_rows, std::int64_t dimension, std::int32_t count);

/// The sum of a[i] * b[i] over `count` values, in an order that is the same on every machine.
float dot(const float* a, const float* b, std::int64_t count);

}  // namespace pupil::teacher
