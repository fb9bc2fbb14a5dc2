// SPDX-License-Identifier: Apache-2.0
// The project's teachers as judge of what the web offers (harvest/judge.h).

#pragma once

#include <memory>

#include "corpus/catalogue.h"
#include "harvest/judge.h"
#include "pipeline/project_teacher.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// Windows of a recording that are judged, evenly spaced among those that are not background.
inline constexpr std::size_t kJudgedWindows = 16;

/// Judges as labelling does by the names of the classes ([window], [teacher], [label]), but by the bank of negatives alone where
/// scores are standardised, and with those groups aside that share a word with a class: the corpus, which grows while it
/// collects, has no part in it. Its space is "laion_clap" where the first teacher has the weights that `pupil models fetch
/// clap-630k-audioset-fusion` brings.
///
/// Hashes the teachers' files where the catalogue does not know them yet; loads nothing. `catalogue` is used here only.
/// Error: a teacher is not on this machine. load() throws: it is damaged, cannot know a class, or needs a bank and there is
/// none.
std::unique_ptr<harvest::Judge> make_preview_judge(const Project& project, corpus::Catalogue& catalogue,
                                                   const TeacherLoader& load_teacher = load_project_teacher);

}  // namespace pupil::pipeline
