// SPDX-License-Identifier: Apache-2.0
// pupil bench: measurements, each a command of its own. Compiled into both executables, as commands.cpp is.

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

}  // namespace

int run_bench(const Command&, Arguments arguments) {
  return run_family({"bench", "NAME", "what to measure", "measurement", kBenches}, arguments);
}

}  // namespace pupil::cli
