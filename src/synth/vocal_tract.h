// SPDX-License-Identifier: Apache-2.0
// Larynx, throat and mouth for one call of a dog. Called by voice.cpp.

#pragma once

#include <cstddef>
#include <span>

#include "synth/random.h"
#include "synth/voice.h"

namespace pupil::synth {

/// Writes `call`, the `number`-th of `spec`, over all of `out`; it is silent at both ends. Its
/// loudness is as it comes.
void make_call(const VoiceSpec& spec, const Call& call, std::size_t number, Random random,
               std::span<float> out);

}  // namespace pupil::synth
