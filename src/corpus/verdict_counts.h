// SPDX-License-Identifier: Apache-2.0
// How many windows got which label and verdict: what `pupil status` says of a labelling.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/clips.h"
#include "corpus/scores.h"

namespace pupil::corpus {

struct VerdictCount {
  std::string label;  ///< "" for background windows
  Verdict verdict = Verdict::doubtful;
  Split split = Split::train;
  std::int64_t window_count = 0;
  double best_confidence = 0;
};

/// Of all windows that a "label" configuration decided, by label, verdict and split; reviews override
/// the teacher, and what nobody has reviewed of submissions is left out, as in for_each_labelled_window(). Looks at each of them: some
/// seconds for a million.
std::vector<VerdictCount> count_verdicts(Catalogue& catalogue, std::int64_t label_config_id);

/// Recordings whose split is train.
std::int64_t count_training_recordings(Catalogue& catalogue);

}  // namespace pupil::corpus
