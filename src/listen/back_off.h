// SPDX-License-Identifier: Apache-2.0
// How long to wait before a source is started again.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/counter_random.h"

namespace pupil::listen {

/// 1 s, doubling up to a minute, each a fifth longer or shorter at random, so that ten cameras that came back together
/// are not all asked at once.
class BackOff {
 public:
  explicit BackOff(std::uint64_t seed) : random_(seed, 0, 0, 0) {}

  std::chrono::milliseconds next() {
    const double wait_ms = static_cast<double>(wait_.count()) * random_.uniform(0.8, 1.2);
    wait_ = std::min(2 * wait_, kMost);
    return std::chrono::milliseconds(static_cast<std::int64_t>(wait_ms));
  }
  /// It ran well for kGoodAfter.
  void reset() { wait_ = kFirst; }

  static constexpr std::chrono::milliseconds kFirst{1'000};
  static constexpr std::chrono::milliseconds kMost{60'000};
  static constexpr std::chrono::milliseconds kGoodAfter{60'000};

 private:
  CounterRandom random_;
  std::chrono::milliseconds wait_ = kFirst;
};

}  // namespace pupil::listen
