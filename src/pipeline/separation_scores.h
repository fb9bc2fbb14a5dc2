// SPDX-License-Identifier: Apache-2.0
// What separation did to the teacher's opinion of each view: the "judge" link of config_chain.h. Called by the
// separating stage, and by the labelling stage where prompts or teacher have changed since.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/judgements.h"
#include "corpus/shard_results.h"
#include "corpus/store.h"
#include "pipeline/config_chain.h"
#include "pipeline/project_teacher.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// How one view compares with the recording it was made from. Threads: one at a time per object.
class ViewJudge {
 public:
  /// Both outlive it.
  ViewJudge(const Project& project, const teacher::Teacher& teacher) : project_(project), teacher_(teacher) {}

  /// `original`, `view`: audio files; `query`: what the view was made with. Quick where the views of an original follow one
  /// another. Error: a file cannot be read.
  corpus::Judgement judge(const std::filesystem::path& original, const std::filesystem::path& view,
                          const std::string& query);

 private:
  std::vector<double> score(const std::filesystem::path& file) const;
  double wanted(const std::vector<double>& probability, const std::string& query) const;

  const Project& project_;
  const teacher::Teacher& teacher_;
  std::filesystem::path original_;  // the file that before_ is of
  std::vector<double> before_;
};

/// Judges every good separated view that has no judgement under `chain.judge` yet: how the probability
/// of the class it was made for changed, the view's minus the original's, by the project's first teacher, on the
/// first kJudgedSeconds. A view that lost more than half of a probability that was above one half is destroyed.
/// Returns how many were judged; the teacher is loaded where there are some that are not in `results` (null: nothing is), and nothing is done with [separate]
/// mode = "off". Error: the teacher cannot be loaded.
std::int64_t judge_separated_views(const Project& project, corpus::Catalogue& catalogue,
                                   const corpus::Store& store, const ConfigChain& chain,
                                   const corpus::ShardResults* results,
                                   const TeacherLoader& load_teacher = load_project_teacher);

}  // namespace pupil::pipeline
