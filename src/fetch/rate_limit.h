// SPDX-License-Identifier: Apache-2.0
// How often a host may be asked. Kept in a file, so that a process that was killed, or another that runs beside it, does
// not begin to count anew: the host counts them together.

#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace pupil::fetch {

/// At most `count` requests (1 to 4096) in any `window_s` seconds.
struct RateRule {
  std::int32_t count = 1;
  double window_s = 1;
  bool operator==(const RateRule&) const = default;
};

/// The requests to one host. Threads and processes: any number may share a file, each with an object of its own.
class RateLimit {
 public:
  /// `file` is made when missing, with its folder. DiskError: it cannot be opened.
  RateLimit(const std::filesystem::path& file, std::vector<RateRule> rules);
  ~RateLimit();
  RateLimit(const RateLimit&) = delete;
  RateLimit& operator=(const RateLimit&) = delete;

  /// 0: the request may be made now, and is counted. Else seconds until one may be made; nothing is counted.
  double take();

  /// No request before `seconds` from now: the host has said so.
  void hold(double seconds);

 private:
  int file_ = -1;
  const std::filesystem::path path_;
  const std::vector<RateRule> rules_;
};

}  // namespace pupil::fetch
