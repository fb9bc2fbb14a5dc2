// SPDX-License-Identifier: Apache-2.0
// How much is left of the accuracy when something else can be heard as well.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "evaluation/split_scores.h"
#include "metrics/bootstrap.h"

namespace pupil::evaluation {

struct NoisePoint {
  std::optional<double> snr_db;   ///< none: nothing was mixed in
  metrics::Interval accuracy;     ///< of clips, among all classes
  double strongest_reported = 0;  ///< clips whose class is the strongest of those that are reported
};

struct NoiseFigures {
  std::string noise;             ///< what was mixed in, in words
  std::int64_t noise_count = 0;  ///< windows it was drawn from; 0: made noise
  std::int64_t clip_count = 0;
  bool against_truth =
      false;  ///< some clip was judged by a given label; the others by the teacher's decision
  std::vector<NoisePoint> points;  ///< from clean to loud
};

/// Mixes background into every window of the split's clips of reported classes, at 20, 10, 5 and 0 dB, and
/// lets the model decide on the clips again. The background: windows of `noise_split` (and of this one) that
/// hold a class which is not reported, or are quiet; of other recordings; without any, made pink noise. What
/// is drawn hangs on clip and window alone. Nothing where the split has no such clip.
std::optional<NoiseFigures> measure_noise(const student::TrainingSet& set, const SplitScores& split,
                                          const SplitClips& clips, const SplitScores& noise_split,
                                          DeviceNetwork& network);

Json noise_json(const NoiseFigures& figures);

}  // namespace pupil::evaluation
