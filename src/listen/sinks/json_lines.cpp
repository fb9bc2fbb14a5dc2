// SPDX-License-Identifier: Apache-2.0
#include "listen/sinks/json_lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/log.h"
#include "base/system_error.h"
#include "base/text.h"
#include "listen/sinks/payload.h"

namespace pupil::listen {
namespace {

std::string numbered(const std::string& path, std::int64_t number) {
  return number == 0 ? path : concat(path, ".", number);
}

}  // namespace

JsonLines::JsonLines(const JsonLinesOptions& options) : options_(options) {
  if (!open()) throw_system_error(options_.path, errno);
}

JsonLines::~JsonLines() {
  if (file_ >= 0) ::close(file_);
}

bool JsonLines::open() {
  if (file_ >= 0) ::close(file_);
  file_ = is_file() ? ::open(options_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)
                    : ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  struct stat status {};
  if (file_ >= 0 && ::fstat(file_, &status) == 0) size_bytes_ = status.st_size;
  return file_ >= 0;
}

void JsonLines::source_changed(const SourceStatus& status) {
  if (options_.sources) write(source_json(status).dump());
}

void JsonLines::event_ended(const Event& event) {
  if (options_.events) write(event_json(event).dump());
}

void JsonLines::near_miss(const NearMiss& miss) {
  if (options_.near_misses) write(near_miss_json(miss).dump());
}

void JsonLines::tick(Time) {
  if (!is_file()) return;
  struct stat named {
  }, opened{};
  const bool same = file_ >= 0 && ::stat(options_.path.c_str(), &named) == 0 &&
                    ::fstat(file_, &opened) == 0 && named.st_ino == opened.st_ino &&
                    named.st_dev == opened.st_dev;
  if (!same) open();
}

void JsonLines::write(std::string line) {
  line += '\n';
  if (is_file() && size_bytes_ > 0 &&
      size_bytes_ + static_cast<std::int64_t>(line.size()) > options_.max_bytes)
    rotate();
  if (!append(line)) return lose();
  if (lost_count_ > 0) log_info(concat(options_.path, ": written again; ", lost_count_, " lines were lost"));
  lost_count_ = 0;
}

// One call: a line is there whole also after kill -9.
bool JsonLines::append(const std::string& line) {
  if (file_ < 0) return false;
  const std::size_t written = write_all(file_, std::as_bytes(std::span(line)));
  if (written == line.size()) {
    size_bytes_ += static_cast<std::int64_t>(written);
    return true;
  }
  const int reason = errno;
  if (is_file() && written > 0 && !resize_file(file_, size_bytes_))
    size_bytes_ += static_cast<std::int64_t>(written);
  errno = reason;
  return false;
}

void JsonLines::rotate() {
  for (std::int64_t number = options_.keep; number > 0; --number) {
    std::error_code ignored;  // the older file may not be there yet
    std::filesystem::rename(numbered(options_.path, number - 1), numbered(options_.path, number), ignored);
  }
  if (options_.keep == 0 && !resize_file(file_, 0)) return;
  open();
}

void JsonLines::lose() {
  const int reason = file_ < 0 ? ENOENT : errno;
  if (lost_count_++ == 0)
    log_info(concat(is_file() ? options_.path : "standard output",
                    ": cannot be written: ", std::strerror(reason), "; lines are lost until it can"));
}

}  // namespace pupil::listen
