// SPDX-License-Identifier: Apache-2.0
// Why before libtorch is loaded: OpenBLAS (0.3.21, Debian 12) takes its buffers when it is loaded or first used, and
// where the system refuses, it asks again without end, one core busy and nothing said. After an OpenBLAS that gives up
// these checks can go.

#include "forge_limits.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <latch>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/start_threads.h"
#include "base/text.h"

namespace pupil::cli {
namespace {

// Measured on x86-64 with `ulimit -v` and `ulimit -d` around `pupil run` of a tiny student, OMP_NUM_THREADS 1 and 2: peaks
// of address space 1.17 and 1.30 GB. By `ulimit -v` 1.0 and 1.2 GB fail, 1.2 and 1.4 GB do; by `ulimit -d`, with two
// threads, 0.6 GB fails and 0.8 GB does. A thread has a stack, an arena of malloc and a buffer of OpenBLAS.
constexpr std::int64_t kAddressBytes = 1'200'000'000;
constexpr std::int64_t kDataBytes = 600'000'000;
constexpr std::int64_t kThreadBytes = 140'000'000;
constexpr std::int64_t kUnlimitedStackBytes = 2 << 20;  // what glibc then gives a thread on x86-64

// As OpenBLAS counts: the processors of this process, or fewer where the user says so.
std::int64_t blas_thread_count() {
  cpu_set_t set;
  std::int64_t count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  for (const char* name : {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}) {
    const char* value = std::getenv(name);
    const long asked = value == nullptr ? 0 : std::atol(value);
    if (asked > 0) return std::min<std::int64_t>(count, asked);
  }
  return count;
}

std::int64_t stack_bytes() {
  rlimit limit{};
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimitedStackBytes;
  return static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 30));
}

void check_limit(int resource, const char* what, const char* flag, std::int64_t needed_bytes,
                 std::int64_t thread_count) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  if (limit.rlim_cur >= static_cast<rlim_t>(needed_bytes)) return;
  throw Error(concat("needs about ", readable_bytes(needed_bytes), " of ", what, " with ", thread_count,
                     thread_count == 1 ? " thread" : " threads", ", the limit (", flag, ") is ",
                     readable_bytes(static_cast<std::int64_t>(limit.rlim_cur)), ": raise it (", flag, " ",
                     (needed_bytes + 1023) / 1024, ")",
                     thread_count > 1 ? ", or use fewer threads (OMP_NUM_THREADS=1)" : ""));
}

// What the user's other processes leave of RLIMIT_NPROC cannot be asked: as many threads as OpenBLAS and OpenMP will start
// are started together. OpenBLAS waits for ever for one that it could not start.
void check_thread_limit(std::int64_t count) {
  std::latch all_started(1);
  std::vector<std::jthread> threads;
  const std::exception_ptr stopped = start_threads(&threads, count, [&] { all_started.wait(); });
  all_started.count_down();
  if (!stopped) return;
  try {
    std::rethrow_exception(stopped);
  } catch (const std::system_error&) {
    throw Error(
        concat("needs to start ", count, " threads and could start ", threads.size(),
               ": raise the limit of processes (ulimit -u), or use fewer threads (OMP_NUM_THREADS=1)"));
  }
}

}  // namespace

void check_limits() {
  const std::int64_t threads = blas_thread_count();
  const std::int64_t of_threads = threads * (kThreadBytes + stack_bytes());
  check_limit(RLIMIT_AS, "address space", "ulimit -v", kAddressBytes + of_threads, threads);
  check_limit(RLIMIT_DATA, "memory", "ulimit -d", kDataBytes + of_threads, threads);
  // Last: for want of address space no thread starts either.
  check_thread_limit(2 * threads);
}

}  // namespace pupil::cli
