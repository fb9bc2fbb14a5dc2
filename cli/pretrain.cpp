// SPDX-License-Identifier: Apache-2.0
// pupil pretrain: what is trained before any project, one command each. Compiled into both executables, as commands.cpp is.

#include "base/error.h"
#include "base/text.h"
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

constexpr std::string_view kPrefix = "pretrain ";

std::string help_text() {
  std::string text = "usage: pupil pretrain KIND [options]\n\n";
  for (const Command& kind : kPretrainings) text += concat("  pupil ", kind.name, "  ", kind.summary, "\n");
  return text + "\npupil pretrain KIND --help tells more.\n";
}

}  // namespace

int run_pretrain(const Command&, Arguments arguments) {
  if (!arguments.empty() && arguments[0] == "--help") throw HelpRequested{help_text()};
  if (!arguments.empty() && arguments.back() == kManualWord) throw HelpRequested{manual_of(kPretrainings)};
  if (arguments.size() > 1 && arguments.back() == kCompleteWord)
    complete_among(kPretrainings, kPrefix, arguments.first(arguments.size() - 1));
  if (arguments.empty()) throw UsageError("what to train is missing (see pupil pretrain --help)");
  std::vector<std::string_view> names;
  for (const Command& kind : kPretrainings) {
    names.push_back(kind.name.substr(kPrefix.size()));
    if (names.back() == arguments[0]) return kind.run(kind, arguments.subspan(1));
  }
  throw UsageError(concat("unknown kind '", arguments[0], "'", did_you_mean(arguments[0], names),
                          " (see pupil pretrain --help)"));
}

}  // namespace pupil::cli
