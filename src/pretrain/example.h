// SPDX-License-Identifier: Apache-2.0
// Examples: the audio of a network in training. An example is a crop or a mixture of sounds, changed in pitch, room and level.
// What it will be is drawn from (seed, index) alone and is cheap to know; rendering costs some milliseconds.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pretrain/phrases.h"
#include "pretrain/sound_library.h"

namespace pupil::pretrain {

struct ExampleLayer {
  SoundSource source;
  std::uint64_t seed = 0;  ///< of a synthetic sound, and of the place of the crop
  double speed = 1;        ///< pitch and tempo together
  bool reversed = false;
  bool repeated = false;  ///< a sound shorter than the example is repeated, else it stands alone
  double level_db = 0;    ///< against the first layer
};

struct ExamplePlan {
  double length_s = 5;  ///< before the teacher's own padding
  std::vector<ExampleLayer> layers;
  double low_pass_hz = 0;   ///< 0: none
  double high_pass_hz = 0;  ///< 0: none
  double reverberation_s = 0;
  double noise_db = -120;  ///< of full scale
  double peak_db = 0;      ///< of full scale; above 0 it is clipped
  std::uint64_t seed = 0;
};

/// The example number `index`, at most `max_length_s` long.
ExamplePlan draw_example(const SoundLibrary& library, double max_length_s, std::uint64_t seed,
                         std::int64_t index);

/// Its samples, mono, within [-1, 1], at kLibraryRateHz.
std::vector<float> render_example(SoundLibrary& library, const ExamplePlan& plan);

/// What is heard in it, loudest first: the phrases of each layer that has any and is not drowned.
std::vector<std::vector<std::string>> example_phrases(const SoundLibrary& library, const ExamplePlan& plan,
                                                      const PhraseTable& table);

}  // namespace pupil::pretrain
