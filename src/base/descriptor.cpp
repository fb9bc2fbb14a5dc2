// SPDX-License-Identifier: Apache-2.0
#include "base/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"

namespace pupil {
namespace {

// A file system that takes nothing and names no reason must not be asked for ever.
constexpr int kMostEmptyWrites = 100;

}  // namespace

std::size_t write_all(int file, std::span<const std::byte> bytes) noexcept {
  std::size_t done = 0;
  int empty_count = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(file, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    if (count == 0 && ++empty_count == kMostEmptyWrites) {
      errno = EIO;
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  return done;
}

bool sync_file(int file) noexcept {
  int code = 0;
  do {
    code = ::fsync(file);
  } while (code != 0 && errno == EINTR);
  return code == 0;
}

bool resize_file(int file, std::int64_t size_bytes) noexcept {
  int code = 0;
  do {
    code = ::ftruncate(file, size_bytes);
  } while (code != 0 && errno == EINTR);
  return code == 0;
}

void sync_folder(const std::filesystem::path& folder) {
  const auto fail = [&](const char* what) {
    throw DiskError(folder.string() + ": " + what + ": " + std::strerror(errno));
  };
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) fail("cannot open the folder");
  const bool synced = sync_file(file);
  const int reason = errno;
  ::close(file);
  errno = reason;
  if (!synced && errno != EINVAL) fail("cannot sync the folder");
}

}  // namespace pupil
