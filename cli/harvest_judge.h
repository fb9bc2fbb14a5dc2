// SPDX-License-Identifier: Apache-2.0
// Commands that search the web have the teacher score what they find. They are in both executables: `pupil` does what needs no teacher
// and hands the rest over to `pupil-forge`.

#pragma once

#include <memory>

#include "corpus/catalogue.h"
#include "harvest/judge.h"
#include "project/project_file.h"

namespace pupil::cli {

/// Whether this executable is the one with teachers.
bool has_teachers();

/// The judge of a project; null, and a warning that says why: its teacher is not on this machine, or knows no such classes.
std::unique_ptr<harvest::Judge> find_judge(const Project& project, corpus::Catalogue& catalogue);

}  // namespace pupil::cli
