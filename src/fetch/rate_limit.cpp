// SPDX-License-Identifier: Apache-2.0
// The file: 64-bit numbers in the machine's order. [0] no request before this time, [1] requests so far,
// [2..] a ring with the times of the last 4096 of them; times in milliseconds since 1970.
//
// 1. A time is written before the number that counts it: killed between the two, the oldest of 4096 is lost.
// 2. A rule's request `count` ago decides: it must be older than the window. So a look costs one read per rule.
// 3. The host sees a request later than we do, some more than others. A little more than the window is waited for.
// 4. The clock may be set back: times in the future count as now.

#include "fetch/rate_limit.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/error.h"
#include "base/file_system.h"
#include "base/system_error.h"

namespace pupil::fetch {
namespace {

constexpr std::int64_t kRing = 4096;
constexpr double kMarginShare = 0.05, kMostMarginS = 0.5;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

class FileLock {
 public:
  explicit FileLock(int file) : file_(file) {
    while (::flock(file_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FileLock() { ::flock(file_, LOCK_UN); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int file_;
};

// Whatever is not there yet is 0.
std::int64_t read_slot(int file, std::int64_t slot) {
  std::int64_t value = 0;
  return ::pread(file, &value, sizeof value, slot * 8) == sizeof value ? value : 0;
}

void write_slot(int file, std::int64_t slot, std::int64_t value, const std::filesystem::path& path) {
  if (::pwrite(file, &value, sizeof value, slot * 8) != sizeof value)
    throw_system_error(path.string(), errno);
}

}  // namespace

RateLimit::RateLimit(const std::filesystem::path& file, std::vector<RateRule> rules)
    : path_(file), rules_(std::move(rules)) {
  make_folders(file.parent_path());
  file_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) throw_system_error(file.string(), errno);
}

RateLimit::~RateLimit() {
  ::close(file_);
}

double RateLimit::take() {
  const FileLock lock(file_);
  const std::int64_t now = now_ms();
  const std::int64_t total = read_slot(file_, 1);
  std::int64_t free_at = read_slot(file_, 0);
  for (const RateRule& rule : rules_) {
    if (total < rule.count) continue;
    const std::int64_t before = std::min(now, read_slot(file_, 2 + (total - rule.count) % kRing));
    const double margin_s = std::min(kMostMarginS, kMarginShare * rule.window_s);
    free_at = std::max(free_at, before + static_cast<std::int64_t>(1000 * (rule.window_s + margin_s)));
  }
  if (free_at > now) return static_cast<double>(free_at - now) / 1000;
  write_slot(file_, 2 + total % kRing, now, path_);
  write_slot(file_, 1, total + 1, path_);
  return 0;
}

void RateLimit::hold(double seconds) {
  const FileLock lock(file_);
  const std::int64_t until = now_ms() + static_cast<std::int64_t>(1000 * seconds);
  write_slot(file_, 0, std::max(until, read_slot(file_, 0)), path_);
}

}  // namespace pupil::fetch
