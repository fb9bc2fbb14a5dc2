// SPDX-License-Identifier: Apache-2.0
// What another microphone costs: the clips of a split, passed through measured impulse responses, decided on again.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/json.h"
#include "evaluation/split_scores.h"
#include "metrics/bootstrap.h"
#include "student/impulse_responses.h"

namespace pupil::evaluation {

struct MicrophoneFigures {
  std::int64_t clip_count = 0;
  metrics::Interval clean;       ///< accuracy of clips, among all classes
  std::vector<double> accuracy;  ///< through each response, in their order
  double mean = 0;               ///< of `accuracy`
  double worst = 0;
};

/// Clips whose class is known: by a given label, else by the teacher's decision. Nothing where the split has none, or
/// where there are no responses.
std::optional<MicrophoneFigures> measure_microphones(const student::TrainingSet& set,
                                                     const SplitScores& split, const SplitClips& clips,
                                                     const student::ImpulseResponses& responses,
                                                     DeviceNetwork& network);

Json microphones_json(const MicrophoneFigures& figures);

}  // namespace pupil::evaluation
