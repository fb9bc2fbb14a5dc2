// SPDX-License-Identifier: Apache-2.0
// A microphone that is dead, muted or unplugged gives one value for ever. Nobody sees that in scores.

#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace pupil::cli {

/// Watches samples go by and warns once per stretch of kStuckSeconds of one and the same value; says so when sound
/// comes back.
class StuckInput {
 public:
  static constexpr double kStuckSeconds = 5;

  /// `name` stands in the messages.
  StuckInput(std::string name, std::int32_t sample_rate_hz);

  void push(std::span<const float> samples);
  /// At the end: a shorter source of nothing but one value is warned of as well.
  void finish();

 private:
  double stuck_s() const { return static_cast<double>(same_count_) / sample_rate_hz_; }
  void warn();

  std::string name_;
  std::int32_t sample_rate_hz_;
  float value_ = 0;
  std::int64_t same_count_ = 0;  // samples of value_, the latest
  std::int64_t count_ = 0;
  bool warned_ = false;  // of this stretch
};

}  // namespace pupil::cli
