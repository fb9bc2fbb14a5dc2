// SPDX-License-Identifier: Apache-2.0
// Which part of a batch this process works on, where several train together. Sums over a batch are sums over its ranges
// (cpu_memory.h); a process does whole ranges, and sums are put together as they are in one process alone, so that not a bit
// depends on the number of processes.

#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "student/cpu_memory.h"
#include "training/process_group.h"

namespace pupil::student {

/// Adds `rows` rows, `stride` floats apart, up into the first: neighbours, then pairs of neighbours, and so on. Blocks of 2^k
/// rows can be added up apart, and their sums by a second call.
inline void add_up(float* values, std::int64_t rows, std::int64_t stride) {
  for (std::int64_t step = 1; step < rows; step *= 2) {
    for (std::int64_t r = 0; r + step < rows; r += 2 * step) {
      float* const to = values + r * stride;
      const float* const from = to + step * stride;
      for (std::int64_t i = 0; i < stride; ++i) to[i] += from[i];
    }
  }
}

class BatchDivision {
 public:
  /// All of it.
  BatchDivision() = default;
  /// This process's part; null: all of it. The group outlives the division.
  explicit BatchDivision(training::ProcessGroup* group) : group_(group) {}

  bool is_whole() const { return group_ == nullptr; }
  std::int64_t index() const { return group_ == nullptr ? 0 : group_->rank().index; }
  std::int64_t count() const { return group_ == nullptr ? 1 : group_->rank().count; }

  /// Error: so many processes cannot share a batch evenly.
  void require_divisible(std::int64_t batch) const {
    const std::int64_t ranges = range_count(batch);
    const auto fits = [&](std::int64_t n) {
      return batch % n == 0 && ranges % n == 0 && std::has_single_bit(static_cast<std::uint64_t>(ranges / n));
    };
    if (is_whole() || fits(count())) return;
    std::string possible;
    for (std::int64_t n = 1; n <= ranges; ++n) {
      if (fits(n)) possible += concat(possible.empty() ? "" : ", ", n);
    }
    throw Error(
        concat("[train] batch = ", batch, " can be shared by ", possible, " processes, not by ", count()));
  }

  /// The own windows of a batch: [first_window(batch), first_window(batch) + batch / count()).
  std::int64_t first_window(std::int64_t batch) const { return batch / count() * index(); }
  std::int64_t window_count(std::int64_t batch) const { return batch / count(); }
  /// Likewise the own ranges.
  std::int64_t first_range(std::int64_t batch) const { return range_count(batch) / count() * index(); }
  std::int64_t own_ranges(std::int64_t batch) const { return range_count(batch) / count(); }

  /// work(range, first window, windows) for the own ranges, on all threads.
  template <typename Work>
  void for_ranges(std::int64_t batch, const Work& work) const {
    const std::int64_t begin = first_range(batch), end = begin + own_ranges(batch);
    student::for_ranges(batch, begin, end, work);
  }

  /// `values` is [batch, ...] or [ranges, ...]: the others' part is filled in.
  template <typename Value>
  void gather(std::span<Value> values) const {
    if (group_ != nullptr) group_->gather(values);
  }

  /// `sum` [n], of the own ranges by add_up(), becomes that of all.
  void add_others(std::span<float> sum) const {
    if (group_ == nullptr) return;
    const auto length = std::ssize(sum);
    std::vector<float> all(static_cast<std::size_t>(length * count()));
    std::copy(sum.begin(), sum.end(), all.begin() + index() * length);
    group_->gather(std::span<float>(all));
    add_up(all.data(), count(), length);
    std::copy_n(all.begin(), length, sum.begin());
  }

 private:
  training::ProcessGroup* group_ = nullptr;
};

}  // namespace pupil::student
