// SPDX-License-Identifier: Apache-2.0
// pupil pretrain: what is trained before any project, one command each. Compiled into both executables, as commands.cpp is.

#include "homes.h"
#include "pretrain_separator_options.h"
#include "pretrain_student_options.h"
#include "pretrain_teacher_options.h"

namespace pupil::cli {

PUPIL_COMMAND(run_pretrain_separator)
PUPIL_COMMAND(run_pretrain_student)
PUPIL_COMMAND(run_pretrain_teacher)

namespace {

constexpr Command kPretrainings[] = {
    {"pretrain separator", "train an AudioSep on mixtures made on the fly",
     FORGE(run_pretrain_separator, PretrainSeparatorOptions)},
    {"pretrain student", "train a student's backbone on sounds of all kinds",
     FORGE(run_pretrain_student, PretrainStudentOptions)},
    {"pretrain teacher", "train a CLAP from recordings, captions and a tagger, or fine-tune a tagger",
     FORGE(run_pretrain_teacher, PretrainTeacherOptions)},
};

}  // namespace

int run_pretrain(const Command&, Arguments arguments) {
  return run_family({"pretrain", "KIND", "what to train", "kind", kPretrainings}, arguments);
}

}  // namespace pupil::cli
