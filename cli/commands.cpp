// Compiled into both executables. `pupil` holds the device commands and the tools that need no libtorch;
// `pupil-forge` (PUPIL_FORGE_PROGRAM) holds the commands that need it, and `pupil` hands those over, so that
// nobody waits for libtorch's libraries to load to see a help text.

#include "commands.h"

#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace pupil::cli {

#define PUPIL_COMMAND(function) int function(const Command&, Arguments);
#if defined(PUPIL_FORGE_PROGRAM)
#define FORGE(function) function
#define TOOL(function) nullptr
#define DEVICE(function) nullptr
#elif defined(PUPIL_HAS_FORGE)
#define FORGE(function) hand_over
#define TOOL(function) function
#define DEVICE(function) function
#else
#define FORGE(function) hand_over
#define TOOL(function) hand_over
#define DEVICE(function) function
#endif

PUPIL_COMMAND(run_features)
PUPIL_COMMAND(run_plot)
PUPIL_COMMAND(run_version)

namespace {

constexpr Command kCommands[] = {
    {"features", "write the log-mel frames of a recording", TOOL(run_features)},
    {"plot", "draw waveform and log-mel of a recording", TOOL(run_plot)},
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
