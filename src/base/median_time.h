// SPDX-License-Identifier: Apache-2.0
// How long something takes, on a machine that others use as well.

#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace pupil {

/// Median wall time of `work` over `repetitions` (at least one) runs, in seconds.
template <typename Work>
double median_s(int repetitions, Work&& work) {
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  const auto middle = times.begin() + repetitions / 2;
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

}  // namespace pupil
