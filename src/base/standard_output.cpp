// SPDX-License-Identifier: Apache-2.0
#include "base/standard_output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/error.h"

namespace pupil {

void flush_standard_output() {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const int reason = errno;
  // The flag also tells of a write that failed earlier, when stdio's buffer ran over.
  if (flushed && std::ferror(stdout) == 0) return;
  std::string message = "standard output cannot be written";
  if (reason != 0) message += std::string(": ") + std::strerror(reason);
  throw DiskError(message);
}

}  // namespace pupil
