// SPDX-License-Identifier: Apache-2.0
// A split of a project as teacher, float student and exported model score it, and what its other sounds set
// off.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "evaluation/alarms.h"
#include "evaluation/split_scores.h"
#include "pipeline/training_set_stage.h"
#include "project/project_file.h"

namespace pupil::pipeline {

struct ScoredSplit {
  evaluation::SplitScores windows;
  evaluation::SplitClips clips;
  std::vector<std::int8_t> any;  ///< [clips]: 1 some class of the project, 0 none, -1 not known

  bool empty() const { return windows.windows.empty(); }
};

/// `student`: the float student's file; empty: there is none. Error: as evaluation::score_split().
ScoredSplit score_project_split(const Project& project, corpus::Catalogue& catalogue,
                                const PreparedSet& prepared, student::SetSplit split,
                                evaluation::DeviceNetwork& network, const std::filesystem::path& student);

/// The clips of both; their windows stay behind.
ScoredSplit joined_clips(const ScoredSplit& first, const ScoredSplit& second);

/// What is heard in clips that hold none of the reported classes, by their given label or else by the
/// teacher's decision: all of it false. Nothing where there is no such clip. `by_sound` gets the same by what the clips are:
/// class -> false alarms per reported class.
std::optional<evaluation::AlarmFigures> alarms_of_other_sounds(
    const student::TrainingSet& set, const ScoredSplit& scored, const edge::Model& model, std::string name,
    std::map<std::int32_t, std::vector<std::int64_t>>* by_sound);

}  // namespace pupil::pipeline
