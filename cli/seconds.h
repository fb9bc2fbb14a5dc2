// SPDX-License-Identifier: Apache-2.0
// The two clocks of the measuring commands.

#pragma once

#include <sys/resource.h>

#include <chrono>

namespace pupil::cli {

/// Of all threads of this process, since it began: in itself and in the system for it.
inline double cpu_seconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// Only differences mean something.
inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace pupil::cli
