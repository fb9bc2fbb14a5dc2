// SPDX-License-Identifier: Apache-2.0
// Takes out what nobody can hear and every level meter counts: a microphone's constant offset and its drift.

#pragma once

#include <cstdint>
#include <numbers>

namespace pupil::audio {

/// A high-pass of first order at 20 Hz, sample by sample. It starts at the first sample's value, so a constant gives
/// zeros from the beginning.
class DcBlocker {
 public:
  static constexpr double kCornerHz = 20;

  explicit DcBlocker(std::int32_t sample_rate_hz)
      : kept_(1 / (1 + 2 * std::numbers::pi * kCornerHz / sample_rate_hz)) {}

  double operator()(double sample) {
    if (!started_) last_ = sample;
    started_ = true;
    out_ = kept_ * (out_ + sample - last_);
    last_ = sample;
    return out_;
  }

 private:
  double kept_;
  double last_ = 0;
  double out_ = 0;
  bool started_ = false;
};

}  // namespace pupil::audio
