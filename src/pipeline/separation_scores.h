// SPDX-License-Identifier: Apache-2.0
// What separation did to the teacher's opinion of each view: the "judge" link of config_chain.h. Called by the
// separating stage, and by the labelling stage where prompts or teacher have changed since.

#pragma once

#include <cstdint>

#include "corpus/catalogue.h"
#include "corpus/store.h"
#include "pipeline/config_chain.h"
#include "pipeline/project_teacher.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// Judges every good separated view of the shard that has no judgement under `chain.judge` yet: how the probability
/// of the class it was made for changed, the view's minus the original's, by the project's first teacher, on the
/// first kJudgedSeconds. A view that lost more than half of a probability that was above one half is destroyed.
/// Returns how many were judged; the teacher is loaded where there are some, and nothing is done with [separate]
/// mode = "off". Error: the teacher cannot be loaded.
std::int64_t judge_separated_views(const Project& project, corpus::Catalogue& catalogue,
                                   const corpus::Store& store, const ConfigChain& chain,
                                   const corpus::Shard& shard,
                                   const TeacherLoader& load_teacher = load_project_teacher);

}  // namespace pupil::pipeline
