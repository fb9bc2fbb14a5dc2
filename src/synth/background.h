// SPDX-License-Identifier: Apache-2.0
// Everyday sounds, each by a simple model of what makes it.

#pragma once

#include <cstdint>

#include "synth/samples.h"
#include "synth/sound_kind.h"

namespace pupil::synth {

/// `duration_s` of it, heard from near; its loudest sample is 1. Sounds that come and go (a doorbell) do so
/// at least once. Error: `kind` is a voice, or a duration outside 0.1 s to an hour.
Samples make_background(SoundKind kind, double duration_s, std::uint64_t seed);

/// Sounds that fill the time they are given, as a bed under others: rain and traffic, not a doorbell.
bool is_bed(SoundKind kind);

}  // namespace pupil::synth
