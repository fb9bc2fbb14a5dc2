// Compiled into both executables. `pupil` holds the device commands and the tools that need no libtorch;
// `pupil-forge` (PUPIL_FORGE_PROGRAM) holds the commands that need it, and `pupil` hands those over, so that
// nobody waits for libtorch's libraries to load to see a help text.

#include "commands.h"

#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "label_options.h"
#include "models_options.h"
#include "train_options.h"

namespace pupil::cli {

#define PUPIL_COMMAND(function) int function(const Command&, Arguments);
#if defined(PUPIL_FORGE_PROGRAM)
#define FORGE(function, Options) function
#define TOOL(function) nullptr
#define DEVICE(function) nullptr
#elif defined(PUPIL_HAS_FORGE)
#define FORGE(function, Options) hand_over<Options>
#define TOOL(function) function
#define DEVICE(function) function
#else
#define FORGE(function, Options) run_forge
#define TOOL(function) run_forge
#define DEVICE(function) function
#endif

PUPIL_COMMAND(run_bench)
PUPIL_COMMAND(run_collect)
PUPIL_COMMAND(run_features)
PUPIL_COMMAND(run_init)
PUPIL_COMMAND(run_label)
PUPIL_COMMAND(run_licences)
PUPIL_COMMAND(run_models)
PUPIL_COMMAND(run_plot)
PUPIL_COMMAND(run_status)
PUPIL_COMMAND(run_train)
PUPIL_COMMAND(run_version)

namespace {

constexpr Command kCommands[] = {
    {"bench", "measure speed", run_bench},
    {"collect", "bring recordings into a project", TOOL(run_collect)},
    {"features", "write the log-mel frames of a recording", TOOL(run_features)},
    {"init", "make a project: a folder with a commented pupil.toml", TOOL(run_init)},
    {"label", "let the teacher label what is pending", FORGE(run_label, LabelOptions)},
    {"licences", "list whose recordings a project uses", TOOL(run_licences)},
    {"models", "list, fetch and verify published models", FORGE(run_models, ModelsOptions)},
    {"plot", "draw waveform and log-mel of a recording", TOOL(run_plot)},
    {"status", "show what a project holds", TOOL(run_status)},
    {"train", "teach the student", FORGE(run_train, TrainOptions)},
    {"version", "print the version", DEVICE(run_version)},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command& find_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  throw UsageError(concat("unknown command '", name, "'", did_you_mean(name, names), " (see pupil --help)"));
}

}  // namespace pupil::cli
