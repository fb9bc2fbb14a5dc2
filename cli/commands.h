// SPDX-License-Identifier: Apache-2.0
// The table of commands. Adding one is a line in commands.cpp and a file with its function.

#pragma once

#include <span>
#include <string_view>

#include "options.h"

namespace pupil::cli {

/// One command. `run` gets the words behind the name, prints results to standard output and returns the exit
/// code; it throws pupil::Error (exit 1), UsageError (exit 2) or HelpRequested (exit 0).
struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(const Command& command, Arguments arguments);
};

/// All commands in the order of --help.
std::span<const Command> commands();

/// The command named `name`; UsageError with the nearest known name.
const Command& find_command(std::string_view name);

/// Reads the words of `command` into its options struct; a paragraph for --help may stand in Options::kDetails.
template <typename Options>
Options parse_options(const Command& command, Arguments arguments) {
  std::string_view details;
  if constexpr (requires { Options::kDetails; }) details = Options::kDetails;
  return parse_options<Options>(command.name, command.summary, details, arguments);
}

/// What --help=manual and --help=complete (options.h) give for a table of commands. The sections of those commands that this
/// executable holds, one after another; a command that does not begin with `prefix` is left out.
std::string manual_of(std::span<const Command> table);
/// Candidates for the first of `words` among the names behind `prefix`, or what the command named by it makes of the
/// others; `words` are not empty. Throws HelpRequested with them.
[[noreturn]] void complete_among(std::span<const Command> table, std::string_view prefix, Arguments words);

/// Commands that share their first word: `pupil bench edge`, `pupil bench train`.
struct CommandFamily {
  std::string_view word;
  std::string_view placeholder;  ///< of the second word in --help: "NAME"
  std::string_view subject;      ///< "what to measure"
  std::string_view kind;         ///< "measurement"
  std::span<const Command> table;
};

/// Runs the one that the first of `arguments` names; --help, the manual and completion are of all.
int run_family(const CommandFamily& family, Arguments arguments);

/// `pupil --manual`: the manual page, in roff.
std::string manual_page();

/// Replaces this process by pupil-forge, which lies beside this executable. Error when it is not there.
int run_forge(const Command& command, Arguments arguments);

/// Checks the words and answers --help here, where no large library is loaded, then runs pupil-forge.
template <typename Options>
int hand_over(const Command& command, Arguments arguments) {
  parse_options<Options>(command, arguments);
  return run_forge(command, arguments);
}

}  // namespace pupil::cli
