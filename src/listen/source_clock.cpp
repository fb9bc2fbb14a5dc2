// SPDX-License-Identifier: Apache-2.0
// The lag of the count behind the steady clock is that of the pipe, never less than 0 for a true count, and at some
// moment of a minute near 0: its least value over a minute is what is missing.

#include "listen/source_clock.h"

#include <algorithm>

namespace pupil::listen {
namespace {

constexpr std::chrono::milliseconds kCheckEvery{60'000};
// Ahead by more than this, it is no live source after all (a program that replays).
constexpr std::chrono::milliseconds kMostAhead{2'000};

}  // namespace

Moment Moment::now() {
  using std::chrono::duration_cast, std::chrono::milliseconds;
  return {std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now()),
          duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch())};
}

void SourceClock::begin(const Moment& now, std::int64_t first_samples, bool live) {
  live_ = live;
  count_ = first_samples;
  utc_ = now.utc - length(first_samples);
  steady_ = now.steady - length(first_samples);
  least_lag_ = std::chrono::milliseconds::max();
  checked_ = now.steady;
  wall_offset_ = now.utc.time_since_epoch() - now.steady;
}

std::int64_t SourceClock::arrived(const Moment& now, std::int64_t samples) {
  count_ += samples;
  if (!live_) return 0;
  least_lag_ = std::min(least_lag_, now.steady - steady_ - length(count_));
  if (now.steady - checked_ < kCheckEvery) return 0;
  const auto lag = least_lag_;
  checked_ = now.steady;
  least_lag_ = std::chrono::milliseconds::max();
  live_ = lag > -kMostAhead;
  if (!live_ || std::chrono::abs(lag) <= kSlack) return 0;
  utc_ += lag;
  steady_ += lag;
  return lag.count() > 0 ? lag.count() * rate_hz_ / 1000 : 0;
}

bool SourceClock::was_set(const Moment& now) const {
  return live_ && std::chrono::abs(now.utc.time_since_epoch() - now.steady - wall_offset_) > kSlack;
}

void SourceClock::follow(const Moment& now) {
  const auto offset = now.utc.time_since_epoch() - now.steady;
  utc_ += offset - wall_offset_;
  wall_offset_ = offset;
}

Time SourceClock::time_of(std::int64_t sample) const {
  return utc_ + length(sample);
}

}  // namespace pupil::listen
