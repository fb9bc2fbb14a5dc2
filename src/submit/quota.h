// SPDX-License-Identifier: Apache-2.0
// How much is taken, from one sender and in all, and how fast.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "corpus/submissions.h"

namespace pupil::submit {

struct QuotaLimits {
  std::int64_t sender_files = 50;
  std::int64_t sender_bytes =
      200'000'000;  ///< as stored (FLAC); may be overstepped by one recording, as may `bytes`
  std::int64_t files = 10'000;
  std::int64_t bytes = 5'000'000'000;
  /// Within a minute, what was refused included: each is decoded.
  std::int64_t sender_attempts = 10;
  std::int64_t attempts = 60;
};

/// Threads: one at a time per object. Memory: the senders, and a minute's attempts.
class Quota {
 public:
  using Clock = std::chrono::steady_clock;

  /// `present`: what is there already.
  Quota(const QuotaLimits& limits, std::span<const corpus::Submission> present);

  /// Notes an attempt at `now`. Why nothing more is taken, one line for the sender; empty: it is.
  std::string attempt(const std::string& sender, Clock::time_point now);

  /// A recording was stored.
  void add(const std::string& sender, std::int64_t bytes);

  std::int64_t file_count(const std::string& sender) const;
  const QuotaLimits& limits() const { return limits_; }

 private:
  struct Use {
    std::int64_t files = 0;
    std::int64_t bytes = 0;
  };
  QuotaLimits limits_;
  std::map<std::string, Use> of_sender_;
  Use in_all_;
  std::deque<std::pair<Clock::time_point, std::string>> attempts_;  // at most limits_.attempts
};

}  // namespace pupil::submit
