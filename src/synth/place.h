// SPDX-License-Identifier: Apache-2.0
// Where a sound is heard: the way to the microphone, the room, and the microphone itself.

#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "synth/samples.h"

namespace pupil::synth {

/// One simulated place with its microphone.
struct Place {
  bool is_indoors = true;
  /// Length, width and height of the room, or of what closes the open air around.
  std::array<double, 3> room_m = {5, 4, 2.5};
  /// Until the room's sound has fallen by 60 dB.
  double reverberation_s = 0.4;
  /// From the animal to the microphone.
  double distance_m = 2;

  /// The microphone passes this band...
  double low_cut_hz = 60;
  double high_cut_hz = 14000;
  /// ...favours one region...
  double peak_hz = 3000;
  double peak_db = 0;
  /// ...and has noise of its own, dB of full scale.
  double noise_dbfs = -80;
  /// Peaks beyond full scale by this much are cut off; 0: the level is set so that none are.
  double overload_db = 0;
};

Place draw_place(std::uint64_t seed);

/// Carries a sound made near through `distance_m` of air (less treble; the level stays) and the room of
/// `place` to its microphone; in place, what rings beyond the end is lost.
void carry(std::span<float> samples, const Place& place, double distance_m, std::uint64_t seed);

/// The microphone's frequency response, in place: linear, without noise and overload.
void colour(std::span<float> samples, const Place& place);

/// Adds what is heard when nothing sounds: the microphone's hiss and the place's low murmur.
void add_noise(std::span<float> samples, const Place& place, std::uint64_t seed);

}  // namespace pupil::synth
