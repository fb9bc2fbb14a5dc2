// SPDX-License-Identifier: Apache-2.0
// Scenes: sounds at known times over a background, in a place, through a microphone; with words for them.
//
//     SceneSpec spec;
//     spec.events = {SoundKind::howl};
//     spec.bed = {SoundKind::rain};
//     const Scene scene = make_scene(spec, seed);
//     // scene.samples, scene.events[0].onset_s, scene.caption: "the long howl of a dog while rain is
//     falling"
//
// Threads: any number at once; nothing is shared. Same spec and seed, same bytes, on every machine.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "synth/place.h"
#include "synth/samples.h"
#include "synth/sound_kind.h"
#include "synth/voice.h"

namespace pupil::synth {

/// What is to be heard. Everything that is not said here is drawn from the seed.
struct SceneSpec {
  /// 0.5 to 3600.
  double duration_s = 5;

  /// Sounds that come and go, one after the other where there is room; a kind may stand here several times.
  /// Those that find no room are left out. Kinds other than voices last up to 4 s each.
  std::vector<SoundKind> events;

  /// Sounds that go on all the time. With several, they are mixed; see also bed_change_s.
  std::vector<SoundKind> bed;
  /// Above 0: the sounds of `bed` take turns, each for about so long, fading into each other.
  double bed_change_s = 0;

  /// An event's mean power over what else is heard during it (bed and microphone's noise) lies within these,
  /// in dB. The microphone's response counts, its overload does not.
  double snr_low_db = 0;
  double snr_high_db = 20;

  /// No microphone and no room: either the events alone, as near the source, or the bed alone.
  bool clean = false;

  /// The animal and the place; drawn from the seed when not given. Scenes with the same number are takes of
  /// one recording group: the same dog in the same room before the same microphone.
  std::optional<std::uint64_t> group;

  /// Fills Scene::foreground too (twice the memory).
  bool keep_foreground = false;
};

/// One sound with its time: from its first sample to its last, without the room's ring.
struct SceneEvent {
  SoundKind kind = SoundKind::bark;
  double onset_s = 0;
  double offset_s = 0;
  /// As SceneSpec::snr_low_db says; none in a clean scene.
  std::optional<double> snr_db;
};

struct Scene {
  Samples samples;
  std::vector<SceneEvent> events;  ///< in order of time, without overlap
  std::vector<SoundKind> bed;
  std::string caption;
  /// The events alone as they lie in `samples`, before overload; samples - foreground is the background.
  Samples foreground;
  Animal animal;
  Place place;
};

/// The scene without its samples: times, levels and words cost nothing. make_scene() gives the same ones.
Scene plan_scene(const SceneSpec& spec, std::uint64_t seed);

/// Error: a value out of its range, or a clean scene with events and a bed.
Scene make_scene(const SceneSpec& spec, std::uint64_t seed);

}  // namespace pupil::synth
