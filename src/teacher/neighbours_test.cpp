// SPDX-License-Identifier: Apache-2.0
#include "teacher/neighbours.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/counter_random.h"
#include "base/error.h"
#include "teacher/prototypes.h"

namespace pupil::teacher {
namespace {

using Floats = std::vector<float>;

// Rows [N, D] of length 1 around as many centres as there are hundreds of rows.
Floats clustered_rows(std::int64_t row_count, std::int64_t dimension) {
  Floats rows;
  for (std::int64_t row = 0; row < row_count; ++row) {
    CounterRandom centre(1, 0, 0, static_cast<std::uint64_t>(row % (row_count / 100 + 1)));
    CounterRandom own(1, 1, 0, static_cast<std::uint64_t>(row));
    Floats values;
    for (std::int64_t d = 0; d < dimension; ++d)
      values.push_back(static_cast<float>(centre.normal() + 0.7 * own.normal()));
    scale_to_unit(values);
    rows.insert(rows.end(), values.begin(), values.end());
  }
  return rows;
}

TEST(Neighbours, AreTheNearestInOrder) {
  const Floats rows = {1, 0, 0, 1, 0.8F, 0.6F, -1, 0};
  const Neighbours found = find_neighbours(rows, 2, 2);
  EXPECT_EQ(found.rows, (std::vector<std::int32_t>{2, 1, 2, 0, 0, 1, 1, 2}));
  EXPECT_FLOAT_EQ(found.cosines_of(0)[0], 0.8F);
  EXPECT_EQ(found.rows_of(1)[0], 2);
}

TEST(Neighbours, PlacesWithoutAnotherRowStayEmpty) {
  const Neighbours found = find_neighbours(Floats{1, 0, 0, 1}, 2, 3);
  EXPECT_EQ(found.rows, (std::vector<std::int32_t>{1, -1, -1, 0, -1, -1}));
}

TEST(Neighbours, OfEquallyNearRowsTheFirst) {
  const Neighbours found = find_neighbours(Floats{1, 1, 1, 1}, 1, 2);
  EXPECT_EQ(found.rows_of(3)[0], 0);
  EXPECT_EQ(found.rows_of(3)[1], 1);
  EXPECT_EQ(found.rows_of(0)[0], 1);
}

// Above kExactNeighbourRows: every 24th row's true neighbours, found by comparing it with all.
TEST(Neighbours, ForestFindsNearlyAll) {
  constexpr std::int64_t kRows = 3 * kExactNeighbourRows, kDimension = 24;
  constexpr std::int32_t kCount = 8;
  const Floats rows = clustered_rows(kRows, kDimension);
  const Neighbours found = find_neighbours(rows, kDimension, kCount);
  std::int64_t hits = 0, sought = 0;
  for (std::int64_t row = 0; row < kRows; row += 24) {
    const float farthest = found.cosines_of(row)[kCount - 1];
    std::int64_t nearer = 0;
    for (std::int64_t other = 0; other < kRows; ++other) {
      const float cosine = dot(&rows[row * kDimension], &rows[other * kDimension], kDimension);
      nearer += other != row && cosine > farthest ? 1 : 0;
    }
    hits += kCount - std::min<std::int64_t>(kCount, nearer - (kCount - 1));
    sought += kCount;
  }
  EXPECT_GT(static_cast<double>(hits) / static_cast<double>(sought), 0.97);
}

TEST(Neighbours, DoNotDependOnThreads) {
  const Floats rows = clustered_rows(kExactNeighbourRows + 1000, 16);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Neighbours one = find_neighbours(rows, 16, 8);
  at::set_num_threads(4);
  const Neighbours four = find_neighbours(rows, 16, 8);
  at::set_num_threads(before);
  EXPECT_EQ(one.rows, four.rows);
  EXPECT_EQ(one.cosines, four.cosines);
}

TEST(Neighbours, RefuseWhatAreNotRows) {
  EXPECT_THROW(find_neighbours(Floats{1, 2, 3}, 2, 1), Error);
  EXPECT_THROW(find_neighbours(Floats{1, 2}, 2, 0), Error);
}

TEST(Dot, TakesEveryValueOnce) {
  for (const std::int64_t count : {0, 1, 15, 16, 17, 33}) {
    const Floats ones(static_cast<std::size_t>(count), 1.0F);
    EXPECT_EQ(dot(ones.data(), ones.data(), count), static_cast<float>(count));
  }
}

}  // namespace
}  // namespace pupil::teacher
