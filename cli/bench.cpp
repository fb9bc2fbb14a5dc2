// SPDX-License-Identifier: Apache-2.0
// pupil bench: measurements, each a command of its own. Compiled into both executables, as commands.cpp is.

#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "bench_separator_options.h"
#include "bench_teacher_options.h"
#include "bench_train_options.h"
#include "bench_zero_shot_options.h"
#include "homes.h"

namespace pupil::cli {

PUPIL_COMMAND(run_bench_collect)
PUPIL_COMMAND(run_bench_duplicates)
PUPIL_COMMAND(run_bench_edge)
PUPIL_COMMAND(run_bench_frontend)
PUPIL_COMMAND(run_bench_separator)
PUPIL_COMMAND(run_bench_teacher)
PUPIL_COMMAND(run_bench_train)
PUPIL_COMMAND(run_bench_zero_shot)

namespace {

constexpr Command kBenches[] = {
    {"bench collect", "time collecting beside ffmpeg, and a catalogue of a million clips",
     TOOL(run_bench_collect)},
    {"bench duplicates", "count the copies that the fingerprint finds", TOOL(run_bench_duplicates)},
    {"bench edge", "time a model's network, layer by layer", DEVICE(run_bench_edge)},
    {"bench frontend", "time the front end beside kissfft", DEVICE(run_bench_frontend)},
    {"bench separator", "time AudioSep's network at full size",
     FORGE(run_bench_separator, BenchSeparatorOptions)},
    {"bench teacher", "time CLAP's audio tower, and what bf16 changes",
     FORGE(run_bench_teacher, BenchTeacherOptions)},
    {"bench train", "time the training of a student", FORGE(run_bench_train, BenchTrainOptions)},
    {"bench zero-shot", "name labelled clips by prompts alone",
     FORGE(run_bench_zero_shot, BenchZeroShotOptions)},
};

constexpr std::string_view kPrefix = "bench ";

std::string help_text() {
  std::string text = "usage: pupil bench NAME [options]\n\n";
  for (const Command& bench : kBenches) text += concat("  pupil ", bench.name, "  ", bench.summary, "\n");
  return text + "\npupil bench NAME --help tells more.\n";
}

}  // namespace

int run_bench(const Command&, Arguments arguments) {
  if (!arguments.empty() && arguments[0] == "--help") throw HelpRequested{help_text()};
  if (!arguments.empty() && arguments.back() == kManualWord) throw HelpRequested{manual_of(kBenches)};
  if (arguments.size() > 1 && arguments.back() == kCompleteWord)
    complete_among(kBenches, kPrefix, arguments.first(arguments.size() - 1));
  if (arguments.empty()) throw UsageError("what to measure is missing (see pupil bench --help)");
  std::vector<std::string_view> names;
  for (const Command& bench : kBenches) {
    names.push_back(bench.name.substr(kPrefix.size()));
    if (names.back() == arguments[0]) return bench.run(bench, arguments.subspan(1));
  }
  throw UsageError(concat("unknown measurement '", arguments[0], "'", did_you_mean(arguments[0], names),
                          " (see pupil bench --help)"));
}

}  // namespace pupil::cli
