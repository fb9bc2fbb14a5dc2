// SPDX-License-Identifier: Apache-2.0
// The counts that `pupil status` shows. They are kept up to date by the catalogue itself (triggers), so
// that a million clips are counted as fast as ten. How many windows, embeddings, scores and labels there are
// depends on the configuration that is asked for: count_results().

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/clips.h"

namespace pupil::corpus {

struct CountRow {
  std::string name;
  std::int64_t clip_count = 0;
  double duration_s = 0;
};

struct LabelSplitRow {
  std::string label;                       ///< "" stands for clips without a given label
  std::int64_t clip_count[3] = {0, 0, 0};  ///< by Split
  double duration_s = 0;
};

struct CatalogueStatus {
  std::int64_t clip_count = 0;
  std::int64_t recording_count = 0;
  double duration_s = 0;
  std::vector<LabelSplitRow> labels;  ///< by name
  CountRow splits[3];                 ///< by Split
  std::vector<CountRow> licences;     ///< most clips first
  std::vector<CountRow> sources;
  std::vector<CountRow> set_aside;  ///< by reason, most first; durations are 0
  std::int64_t view_count = 0;      ///< separated ones included
  std::int64_t review_count = 0;
  std::int64_t held_count = 0;  ///< clips that people sent and nobody has reviewed (submissions.h)
};

CatalogueStatus read_status(Catalogue& catalogue);

}  // namespace pupil::corpus
