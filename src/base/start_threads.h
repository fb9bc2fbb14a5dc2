// SPDX-License-Identifier: Apache-2.0
// Threads of one work, as many as the system gives.

#pragma once

#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace pupil {

/// Starts `count` threads that each run `work`, a callable that must not throw, and puts them at the end of `threads`, which joins
/// them where it is dropped. Returns what kept a thread from starting (std::system_error: the limit of processes;
/// std::bad_alloc), null if nothing did: whose result does not depend on the number of threads goes on with those it has.
/// Throws std::bad_alloc, with none started.
template <typename Work>
[[nodiscard]] std::exception_ptr start_threads(std::vector<std::jthread>* threads, std::int64_t count,
                                               const Work& work) {
  threads->reserve(threads->size() + static_cast<std::size_t>(count));
  try {
    for (std::int64_t i = 0; i < count; ++i) threads->emplace_back(work);
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

}  // namespace pupil
