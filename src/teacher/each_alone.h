// Runs a network on one input after the other, each on one thread and several beside each other. In a batch, and on more
// threads, libtorch and oneDNN round a row by what else is in it and by how sums are shared out: scores would tell with
// which others a window was scored and on how many cores (after a kill, in a shard, on another machine).

#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

namespace pupil::teacher {

/// Calls `work(i)` for 0 <= i < `count`, on at::get_num_threads() threads. What `work` throws comes out.
template <typename Work>
void for_each_alone(std::int64_t count, const Work& work) {
  // Of a single one libtorch would make no parallel region, and within it the network would take all threads.
  at::parallel_for(0, std::max<std::int64_t>(count, 2), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < std::min(end, count); ++i) work(i);
  });
}

}  // namespace pupil::teacher
