// SPDX-License-Identifier: Apache-2.0
// How the nearest rows are found: exactly among few rows, by a forest and its neighbours' neighbours among
// many.
//
// A tree halves the rows again and again: two rows are drawn, all others are sorted by which of the two they
// are nearer to, and cut at the median. Rows that are near each other mostly end in the same leaf, where all
// pairs are compared; those that a cut has parted meet in another of the trees, or in the last step, in which
// each row looks at the neighbours of its neighbours.
//
// 1. What is drawn depends on the tree and the place in it alone (CounterRandom).
// 2. In one pass a row's list is written by one thread alone: a row is in one leaf of a tree, and the last
// step reads
//    a copy.
// 3. A list is ordered by falling cosine, then by rising row: so it does not matter when a row was proposed.

#include "teacher/neighbours.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/counter_random.h"
#include "base/error.h"
#include "base/text.h"

namespace pupil::teacher {
namespace {

// More trees, larger leaves and longer lists find more of the nearest rows and cost time in proportion.
constexpr std::int64_t kTreeCount = 6;
constexpr std::int64_t kLeafRows = 128;
// Neighbours' neighbours are asked for by longer lists than are given out.
constexpr std::int32_t kListRows = 16;
constexpr int kLastSteps = 2;

constexpr std::int64_t kLanes = 16;

class NeighbourLists {
 public:
  NeighbourLists(std::span<const float> rows, std::int64_t dimension, std::int32_t count)
      : rows_(rows), dimension_(dimension), row_count_(std::ssize(rows) / dimension) {
    found_.count = count;
    found_.rows.assign(static_cast<std::size_t>(row_count_ * count), -1);
    found_.cosines.assign(found_.rows.size(), 0.0F);
  }

  std::int64_t row_count() const { return row_count_; }
  std::int64_t dimension() const { return dimension_; }
  const float* row(std::int64_t index) const { return rows_.data() + index * dimension_; }
  const Neighbours& found() const { return found_; }
  Neighbours take() { return std::move(found_); }

  // Puts `other` into the list of `row` if it belongs there.
  void offer(std::int64_t row_index, std::int32_t other, float cosine) {
    const auto size = static_cast<std::size_t>(found_.count);
    std::int32_t* rows = found_.rows.data() + static_cast<std::size_t>(row_index) * size;
    float* cosines = found_.cosines.data() + static_cast<std::size_t>(row_index) * size;
    const auto nearer = [&](std::size_t at) {
      return rows[at] < 0 || cosine > cosines[at] || (cosine == cosines[at] && other < rows[at]);
    };
    if (!nearer(size - 1) || std::find(rows, rows + size, other) != rows + size) return;
    std::size_t at = size - 1;
    for (; at > 0 && nearer(at - 1); --at) {
      rows[at] = rows[at - 1];
      cosines[at] = cosines[at - 1];
    }
    rows[at] = other;
    cosines[at] = cosine;
  }

  void offer(std::int64_t row_index, std::int32_t other) {
    offer(row_index, other, dot(row(row_index), row(other), dimension_));
  }

 private:
  std::span<const float> rows_;
  std::int64_t dimension_;
  std::int64_t row_count_;
  Neighbours found_;
};

void compare_all(NeighbourLists* lists) {
  at::parallel_for(0, lists->row_count(), 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      for (std::int32_t other = 0; other < lists->row_count(); ++other) {
        if (other != row) lists->offer(row, other);
      }
    }
  });
}

// One tree: its rows in the order of its leaves, and where each leaf begins.
struct Tree {
  std::vector<std::int32_t> order;
  std::vector<std::int64_t> leaves;
};

class TreeBuilder {
 public:
  TreeBuilder(const NeighbourLists& lists, std::int64_t index) : lists_(lists), index_(index) {
    tree_.order.resize(static_cast<std::size_t>(lists.row_count()));
    for (std::size_t i = 0; i < tree_.order.size(); ++i) tree_.order[i] = static_cast<std::int32_t>(i);
    places_.resize(tree_.order.size());
    direction_.resize(static_cast<std::size_t>(lists.dimension()));
  }

  Tree build() {
    split(0, std::ssize(tree_.order));
    tree_.leaves.push_back(std::ssize(tree_.order));
    return std::move(tree_);
  }

 private:
  void split(std::int64_t begin, std::int64_t end) {
    if (end - begin <= kLeafRows) {
      tree_.leaves.push_back(begin);
      return;
    }
    draw_direction(begin, end);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int32_t row = tree_.order[static_cast<std::size_t>(i)];
      places_[static_cast<std::size_t>(i)] = {dot(lists_.row(row), direction_.data(), lists_.dimension()),
                                              row};
    }
    const std::int64_t middle = begin + (end - begin) / 2;
    std::nth_element(places_.begin() + begin, places_.begin() + middle, places_.begin() + end);
    for (std::int64_t i = begin; i < end; ++i)
      tree_.order[static_cast<std::size_t>(i)] = places_[static_cast<std::size_t>(i)].second;
    split(begin, middle);
    split(middle, end);
  }

  void draw_direction(std::int64_t begin, std::int64_t end) {
    CounterRandom random(static_cast<std::uint64_t>(index_), 0, static_cast<std::uint64_t>(begin),
                         static_cast<std::uint64_t>(end));
    const auto draw = [&] {
      return lists_.row(tree_.order[static_cast<std::size_t>(begin + random.below(end - begin))]);
    };
    const float* first = draw();
    const float* second = draw();
    for (std::size_t d = 0; d < direction_.size(); ++d) direction_[d] = first[d] - second[d];
  }

  const NeighbourLists& lists_;
  std::int64_t index_;
  Tree tree_;
  std::vector<std::pair<float, std::int32_t>> places_;  // along the direction of the present cut
  std::vector<float> direction_;
};

std::vector<Tree> grow_forest(const NeighbourLists& lists) {
  std::vector<Tree> forest(kTreeCount);
  at::parallel_for(0, kTreeCount, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      forest[static_cast<std::size_t>(i)] = TreeBuilder(lists, i).build();
  });
  return forest;
}

void compare_leaf(const Tree& tree, std::size_t leaf, NeighbourLists* lists) {
  for (std::int64_t i = tree.leaves[leaf]; i < tree.leaves[leaf + 1]; ++i) {
    const std::int32_t row = tree.order[static_cast<std::size_t>(i)];
    for (std::int64_t j = tree.leaves[leaf]; j < i; ++j) {
      const std::int32_t other = tree.order[static_cast<std::size_t>(j)];
      const float cosine = dot(lists->row(row), lists->row(other), lists->dimension());
      lists->offer(row, other, cosine);
      lists->offer(other, row, cosine);
    }
  }
}

void compare_leaves(const Tree& tree, NeighbourLists* lists) {
  at::parallel_for(0, std::ssize(tree.leaves) - 1, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t leaf = begin; leaf < end; ++leaf)
      compare_leaf(tree, static_cast<std::size_t>(leaf), lists);
  });
}

void ask_neighbours(NeighbourLists* lists) {
  const Neighbours before = lists->found();
  at::parallel_for(0, lists->row_count(), 256, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      for (const std::int32_t near : before.rows_of(row)) {
        if (near < 0) continue;
        for (const std::int32_t other : before.rows_of(near)) {
          if (other >= 0 && other != row) lists->offer(row, other);
        }
      }
    }
  });
}

Neighbours shortened(const Neighbours& all, std::int32_t count) {
  Neighbours first{count, {}, {}};
  for (std::int64_t row = 0; row < std::ssize(all.rows) / all.count; ++row) {
    const auto rows = all.rows_of(row);
    const auto cosines = all.cosines_of(row);
    first.rows.insert(first.rows.end(), rows.begin(), rows.begin() + count);
    first.cosines.insert(first.cosines.end(), cosines.begin(), cosines.begin() + count);
  }
  return first;
}

void check(std::span<const float> rows, std::int64_t dimension, std::int32_t count) {
  if (dimension <= 0 || std::ssize(rows) % dimension != 0)
    throw Error(concat("neighbours: ", rows.size(), " numbers are not rows of ", dimension));
  if (count < 1) throw Error(concat("neighbours: ", count, " neighbours are none"));
  if (std::ssize(rows) / dimension > std::numeric_limits<std::int32_t>::max())
    throw Error(concat("neighbours: ", std::ssize(rows) / dimension, " rows are too many"));
}

}  // namespace

std::span<const std::int32_t> Neighbours::rows_of(std::int64_t row) const {
  return std::span(rows).subspan(static_cast<std::size_t>(row * count), static_cast<std::size_t>(count));
}

std::span<const float> Neighbours::cosines_of(std::int64_t row) const {
  return std::span(cosines).subspan(static_cast<std::size_t>(row * count), static_cast<std::size_t>(count));
}

// Sixteen sums side by side, which every compiler makes vector instructions of, added up in one order.
float dot(const float* a, const float* b, std::int64_t count) {
  float lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  }
  for (std::int64_t lane = 0; i < count; ++i, ++lane) lanes[lane] += a[i] * b[i];
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

Neighbours find_neighbours(std::span<const float> unit_rows, std::int64_t dimension, std::int32_t count) {
  check(unit_rows, dimension, count);
  if (std::ssize(unit_rows) / dimension <= kExactNeighbourRows) {
    NeighbourLists lists(unit_rows, dimension, count);
    compare_all(&lists);
    return lists.take();
  }
  NeighbourLists lists(unit_rows, dimension, std::max(count, kListRows));
  for (const Tree& tree : grow_forest(lists)) compare_leaves(tree, &lists);
  for (int step = 0; step < kLastSteps; ++step) ask_neighbours(&lists);
  return shortened(lists.take(), count);
}

}  // namespace pupil::teacher
