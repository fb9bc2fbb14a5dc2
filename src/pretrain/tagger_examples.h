// SPDX-License-Identifier: Apache-2.0
// What a tagger is fine-tuned on: stretches of audio and their classes. Filled by pipeline (tagger_project.h), read by
// tagger_trainer.h.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pupil::pretrain {

struct TaggerExample {
  std::vector<std::int16_t> samples;  ///< mono at the tagger's rate, full scale 32768
  std::vector<float> target;          ///< [K], sums to 1; empty: none of the classes
};

/// Memory: two bytes a sample, 64 kB for a second at 32 kHz.
struct TaggerExamples {
  std::vector<std::vector<std::int32_t>> mapping;  ///< [K][outputs]: those of the tagger that mean a class
  std::vector<TaggerExample> train;
  std::vector<TaggerExample>
      held_back;       ///< of recordings that validate: measured, never trained on; may be empty
  std::string sha256;  ///< over all that decides them
};

}  // namespace pupil::pretrain
