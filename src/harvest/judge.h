// SPDX-License-Identifier: Apache-2.0
// Who says what a preview sounds like. The teacher is above this module (pipeline/preview_judge.h): a command hands it in,
// tests hand in one of their own.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "project/project_file.h"

namespace pupil::harvest {

/// What a recording is worth to a class.
struct Judgement {
  double score = 0;                 ///< the class's probability in [0, 1] in the window where it is highest
  std::int64_t accepted_count = 0;  ///< estimate of the windows that labelling will accept as the class
};

/// Threads: one at a time. The same audio gets the same judgement for as long as id() is the same.
class Judge {
 public:
  virtual ~Judge() = default;

  /// All that decides its judgements (weights, classes, windows) as one word. Known before load().
  virtual const std::string& id() const = 0;

  /// The space of its embeddings by the name that libraries have for it ("laion_clap"); empty: none that any library has.
  /// Known before load().
  virtual std::string_view space() const = 0;

  /// Called before anything below; the first call reads the weights. Error: they cannot be used.
  virtual void load() = 0;

  /// Rate of the audio that judge() takes.
  virtual std::int32_t sample_rate_hz() const = 0;

  /// One for each of Project::named_classes(). `audio`: mono, full scale [-1, 1], not empty.
  virtual std::vector<Judgement> judge(const std::vector<float>& audio) const = 0;

  /// Where a class is in space(), [D] of length 1: the mean of its examples' embeddings where it has any, else of its
  /// prompts'. Error: examples that cannot be read, or neither.
  virtual std::vector<float> direction(const SoundClass& sound) const = 0;
};

}  // namespace pupil::harvest
