// SPDX-License-Identifier: Apache-2.0
// The labelled windows that a person may be shown, as a compact list: what `pupil review` orders.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/clips.h"
#include "corpus/review_journal.h"
#include "corpus/scores.h"

namespace pupil::corpus {

/// The configurations that the last labelling went through. A person looks at what the teacher said last, whatever pupil.toml
/// asks for by now: verdicts are kept by clip and time and hold for every configuration.
struct ReviewConfigs {
  std::int64_t label = 0;
  std::int64_t windows = 0;
  std::int64_t separate = 0;         ///< 0: the project separates nothing
  std::int64_t embed = 0;            ///< of the first teacher; 0: forgotten
  std::int64_t score = 0;            ///< likewise
  std::vector<std::string> classes;  ///< in the order of soft targets
};

/// Error: nothing is labelled yet, and what to do.
ReviewConfigs find_review_configs(Catalogue& catalogue);

/// A stretch with its label; 48 bytes.
struct ReviewCandidate {
  std::int64_t window_id = 0;
  std::int64_t clip_id = 0;
  std::int32_t recording = 0;  ///< number of the recording
  std::int32_t start_ms = 0;
  std::int32_t length_ms = 0;
  std::int16_t label = 0;  ///< index of the label in ReviewConfigs::classes; -1: none of them
  Verdict verdict = Verdict::doubtful;
  float confidence = 0;  ///< highest soft target
  float margin = 0;      ///< highest minus second

  Stretch stretch() const { return {clip_id, start_ms * 1e-3, length_ms * 1e-3}; }
};

/// Labelled windows (not background) of recordings of `splits`, by clip and start; `submitted`: only of those that people
/// sent (submissions.h). Of one stretch in several views the one with the smallest margin.
std::vector<ReviewCandidate> list_review_candidates(Catalogue& catalogue, const ReviewConfigs& configs,
                                                    std::span<const Split> splits, bool submitted = false);

/// What the first teacher's audio tower gave for the window, or for its view where whole clips are embedded; empty: nothing.
std::vector<float> review_embedding(Catalogue& catalogue, const ReviewConfigs& configs,
                                    std::int64_t window_id);

}  // namespace pupil::corpus
