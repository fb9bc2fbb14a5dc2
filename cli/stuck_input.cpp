// SPDX-License-Identifier: Apache-2.0
#include "stuck_input.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace pupil::cli {

StuckInput::StuckInput(std::string name, std::int32_t sample_rate_hz)
    : name_(std::move(name)), sample_rate_hz_(sample_rate_hz) {}

void StuckInput::push(std::span<const float> samples) {
  for (const float sample : samples) {
    if (sample != value_ || count_ == 0) {
      if (warned_) log_info(concat(name_, ": sound again after ", fixed(stuck_s(), 1), " s"));
      warned_ = false;
      value_ = sample;
      same_count_ = 0;
    }
    ++same_count_;
    ++count_;
    if (!warned_ && stuck_s() >= kStuckSeconds) warn();
  }
}

void StuckInput::finish() {
  if (!warned_ && count_ > 0 && same_count_ == count_) warn();
}

void StuckInput::warn() {
  warned_ = true;
  log_warning(concat(name_, ": nothing but ", value_ == 0 ? "zeros" : concat("the value ", fixed(value_, 4)),
                     " for ", fixed(stuck_s(), 1), " s: is the microphone dead, muted or unplugged?"));
}

}  // namespace pupil::cli
