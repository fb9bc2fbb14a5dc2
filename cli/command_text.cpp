// SPDX-License-Identifier: Apache-2.0
// The manual page and the shells' completions, from the tables of commands and their options. Nothing is written beside
// the tables: a command is asked with one word more (options.h), and throws its part instead of running.

#include <vector>

#include "base/error.h"
#include "base/revision.h"
#include "base/text.h"
#include "commands.h"

namespace pupil::cli {
namespace {

/// What `command` throws. Empty where it is of the other executable.
std::string ask(const Command& command, std::vector<std::string> words, std::string_view question) {
  if (command.run == nullptr || command.run == run_forge) return "";
  words.emplace_back(question);
  try {
    command.run(command, words);
  } catch (const HelpRequested& answer) {
    return answer.text;
  }
  return "";
}

}  // namespace

std::string manual_of(std::span<const Command> table) {
  std::string text;
  for (const Command& command : table) text += ask(command, {}, kManualWord);
  return text;
}

void complete_among(std::span<const Command> table, std::string_view prefix, Arguments words) {
  std::string lines;
  for (const Command& command : table) {
    const std::string_view name = command.name.substr(prefix.size());
    if (words.size() == 1 && name.starts_with(words[0])) lines += concat(name, "\t", command.summary, "\n");
    if (words.size() > 1 && name == words[0]) {
      // Another executable's command answers there, where there is one.
      std::vector<std::string> rest(words.begin() + 1, words.end());
      if (command.run == run_forge) {
        rest.emplace_back(kCompleteWord);
        run_forge(command, rest);
      }
      lines = ask(command, std::move(rest), kCompleteWord);
    }
  }
  throw HelpRequested{lines};
}

std::string manual_page() {
  std::string text = concat(
      ".\\\" Made by pupil --manual from the tables of its commands.\n"
      ".TH PUPIL 1 \"\" \"",
      roff(version()),
      "\" \"User Commands\"\n"
      ".SH NAME\npupil \\- sound classifiers for small devices, from words and recordings\n"
      ".SH SYNOPSIS\n.B pupil\n.I COMMAND\n[words and options]\n"
      ".SH DESCRIPTION\n"
      "pupil turns a few words and a heap of recordings into a sound classifier for small devices, and runs it there.\n"
      "Before any command:\n.BR \\-\\-quiet , \\-\\-verbose .\n"
      "Results go to standard output, everything else to standard error.\n"
      ".PP\nThe commands:\n");
  std::string elsewhere;
  for (const Command& command : commands()) {
    if (command.run == nullptr) continue;
    text += concat(".TP\n.B ", roff(command.name), "\n", roff(command.summary), "\n");
    if (command.run == run_forge) elsewhere += concat(elsewhere.empty() ? "" : ", ", command.name);
  }
  if (!elsewhere.empty())
    text += concat(".PP\nNeed the desk tools (pupil\\-forge): ", roff(elsewhere), ".\n");
  text += concat(".SH COMMANDS\n", manual_of(commands()),
                 ".SH EXIT STATUS\n0: done; 1: failed; 2: wrong usage; 130: interrupted.\n"
                 ".SH SEE ALSO\nThe documents of the sources: README.md, docs/.\n");
  return text;
}

}  // namespace pupil::cli
