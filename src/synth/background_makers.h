// SPDX-License-Identifier: Apache-2.0
// One function per background. Each writes over all of `out`, at any level. Called by background.cpp.

#pragma once

#include <span>

#include "synth/random.h"
#include "synth/samples.h"

namespace pupil::synth {

// nature.cpp
void make_rain(std::span<float> out, Random random);
void make_wind(std::span<float> out, Random random);
void make_bird(std::span<float> out, Random random);
void make_cricket(std::span<float> out, Random random);
// machines.cpp
void make_traffic(std::span<float> out, Random random);
void make_hum(std::span<float> out, Random random);
void make_alarm(std::span<float> out, Random random);
void make_siren(std::span<float> out, Random random);
// household.cpp
void make_clicks(std::span<float> out, Random random);
void make_footsteps(std::span<float> out, Random random);
void make_doorbell(std::span<float> out, Random random);
void make_knock(std::span<float> out, Random random);
// music.cpp, speech.cpp
void make_music(std::span<float> out, Random random);
void make_speech(std::span<float> out, Random random);

}  // namespace pupil::synth
