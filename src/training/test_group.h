// SPDX-License-Identifier: Apache-2.0
// For tests: a group of processes, which are threads.

#pragma once

#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/test_folder.h"
#include "training/process_group.h"

namespace pupil::training {

/// Calls `work` once for each process of a group, side by side, and gives the messages of what they threw.
inline std::vector<std::string> with_group(std::int64_t count,
                                           const std::function<void(ProcessGroup&)>& work) {
  const TestFolder folder;
  std::vector<std::string> errors(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (std::int64_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      try {
        ProcessGroup group(folder / "meeting", {i, count}, true, 60);
        work(group);
      } catch (const std::exception& error) {
        errors[static_cast<std::size_t>(i)] = error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return errors;
}

}  // namespace pupil::training
