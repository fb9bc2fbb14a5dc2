// SPDX-License-Identifier: Apache-2.0
// The voices of dogs by source and filter: what the larynx makes (a tone with its roughness, and breath) goes
// through a tube whose length is the animal's size, and out of the mouth.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "synth/samples.h"
#include "synth/sound_kind.h"

namespace pupil::synth {

/// One simulated dog.
struct Animal {
  /// From larynx to lips, 7 (a small puppy) to 24 (a mastiff): sets the formants, and the pitch with it.
  double tract_cm = 15;
  /// Factor on the pitch that goes with that size.
  double pitch_factor = 1;
  /// 0 a clear voice, 1 a hoarse one.
  double hoarseness = 0.3;
  bool is_puppy = false;
};

/// One bark, one breath, one cry.
struct Call {
  double onset_s = 0;
  double duration_s = 0;
  /// The tone's middle pitch, and octaves above it at five places evenly along the call.
  double pitch_hz = 0;
  std::array<double, 5> contour_octaves{};
  /// Of amplitude, 1 is full.
  double level = 1;
};

/// All that is to know about an utterance before it is made. Its length is known without making it.
struct VoiceSpec {
  SoundKind kind = SoundKind::bark;
  double tract_cm = 15;
  /// 0 a clear tone; 1 cycles that differ in length and strength, doubled periods, chaos.
  double roughness = 0.3;
  /// Share of turbulent air, 0 to 1.
  double breath = 0.1;
  /// Above this the throat and a closed mouth let little out.
  double brightness_hz = 6000;
  std::vector<Call> calls;  ///< in order of time, the first at 0

  double duration_s() const { return calls.empty() ? 0 : calls.back().onset_s + calls.back().duration_s; }
};

Animal draw_animal(std::uint64_t seed);

/// An utterance of that animal, 0.1 s to `max_duration_s`; `kind` is a voice and `max_duration_s` at least
/// 0.3, or Error.
VoiceSpec draw_voice(SoundKind kind, const Animal& animal, double max_duration_s, std::uint64_t seed);

/// The utterance near the mouth: duration_s() long, its loudest sample at 1. Error: not a voice, or no calls.
Samples make_vocalisation(const VoiceSpec& spec, std::uint64_t seed);

/// Any voice of any dog, at most `max_duration_s` long.
Samples make_vocalisation(SoundKind kind, double max_duration_s, std::uint64_t seed);

}  // namespace pupil::synth
