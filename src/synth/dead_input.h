// SPDX-License-Identifier: Apache-2.0
// What a microphone gives when there is nothing to record: digital silence, an offset, mains hum, its own noise.
// No model may report a class in these; they are learned as "none of these" and thresholds are set by them.

#pragma once

#include <span>
#include <string_view>

#include "synth/samples.h"

namespace pupil::synth {

/// Their names: "digital silence", "an offset", "mains hum, 50 Hz", ...
std::span<const std::string_view> dead_input_names();

/// `duration_s` of the one at `index` of dead_input_names(). Levels change over its length where a real one's might
/// be anything: every second is at another level, -90 to -20 dB of full scale. The same on every machine. Error: a
/// duration outside 0.1 s to an hour.
Samples make_dead_input(std::size_t index, double duration_s);

}  // namespace pupil::synth
