// SPDX-License-Identifier: Apache-2.0
// When a sample was taken. Samples are counted; the system's clocks only say where the count begins and when it is no
// longer true.

#pragma once

#include <chrono>
#include <cstdint>

#include "listen/event.h"

namespace pupil::listen {

/// A moment on both clocks: the wall's, which people and NTP set, and one that only goes forward.
struct Moment {
  Time utc;
  std::chrono::milliseconds steady{0};

  static Moment now();
};

/// Times of one uninterrupted stretch of samples.
class SourceClock {
 public:
  explicit SourceClock(std::int32_t rate_hz) : rate_hz_(rate_hz) {}

  /// Begins anew: sample 0 is the first of `first_samples` that arrived together at `now`. `live`: samples come at the
  /// pace of the clock; only then can some be missed.
  void begin(const Moment& now, std::int64_t first_samples, bool live);

  /// Tells of samples that arrived. Once a minute, compares the count with the steady clock: samples that a device or a
  /// network dropped are returned, and what follows is dated so much later. (Less than kSlack is the way of pipes and of
  /// quartzes.)
  std::int64_t arrived(const Moment& now, std::int64_t samples);

  /// So many samples are known to be missing at this point.
  void skip(std::int64_t samples) {
    utc_ += length(samples);
    steady_ += length(samples);
  }

  /// Whether the wall's clock was set by more than kSlack since begin(). follow() then dates what comes after it; not
  /// called while an event goes on, so that its ends stay together.
  bool was_set(const Moment& now) const;
  void follow(const Moment& now);

  /// Of a sample, counted since begin().
  Time time_of(std::int64_t sample) const;
  std::int64_t sample_count() const { return count_; }
  /// Of what comes next.
  Time end() const { return time_of(count_); }

  static constexpr std::chrono::milliseconds kSlack{500};

 private:
  std::chrono::milliseconds length(std::int64_t samples) const {
    return std::chrono::milliseconds(samples * 1000 / rate_hz_);
  }

  std::int32_t rate_hz_;
  bool live_ = true;
  Time utc_{};                          // of sample 0
  std::chrono::milliseconds steady_{};  // of sample 0
  std::chrono::milliseconds least_lag_{};
  std::chrono::milliseconds checked_{};
  std::chrono::milliseconds wall_offset_{};  // of the wall's clock to the steady one, when last looked at
  std::int64_t count_ = 0;
};

}  // namespace pupil::listen
