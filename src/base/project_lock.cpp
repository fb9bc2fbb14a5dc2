// SPDX-License-Identifier: Apache-2.0
#include "base/project_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>

#include "base/error.h"
#include "base/leftovers.h"
#include "base/text.h"
#include "base/writable.h"

namespace pupil {
namespace {

std::string read_text(int file) {
  char text[256];
  const ssize_t count = pread(file, text, sizeof text, 0);
  return count > 0 ? std::string(text, static_cast<std::size_t>(count)) : "another process";
}

std::string time_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &parts);
  return text;
}

}  // namespace

ProjectLock::ProjectLock(const std::filesystem::path& dir, std::string_view who, Kind kind) {
  check_writable(dir);
  const std::filesystem::path path = dir / ".lock";
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) throw Error(concat(path.string(), ": ", std::strerror(errno)));
  if (flock(file_, (kind == Kind::shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
    const std::string holder = read_text(file_);
    close(file_);
    throw Error(concat(dir.string(), " is being worked on by ", holder, ": wait for it, or end it"));
  }
  if (kind == Kind::exclusive) {
    for (const char* folder : {".", "compare", "label", "model", "report", "train"})
      remove_temporary_files(dir / folder);
  }
  // The text serves a message only: on a full disk the lock holds all the same.
  const std::string text = concat(who, " (process ", getpid(), ", since ", time_of_day(), ")");
  if (ftruncate(file_, 0) == 0 && pwrite(file_, text.data(), text.size(), 0) < 0) ftruncate(file_, 0);
}

ProjectLock::~ProjectLock() {
  close(file_);
}

}  // namespace pupil
