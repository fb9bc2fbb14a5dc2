// SPDX-License-Identifier: Apache-2.0
// pupil pretrain teacher --from TAGGER: the part of the command that fine-tunes an AudioSet tagger on a project.

#pragma once

#include "commands.h"
#include "pretrain_teacher_options.h"

namespace pupil::cli {

/// Called by `pupil pretrain teacher` once its paths are checked and --from is known to be no CLAP. UsageError: options that a
/// tagger has no use for, or no --project.
int fine_tune_tagger(PretrainTeacherOptions options, Arguments arguments);

}  // namespace pupil::cli
