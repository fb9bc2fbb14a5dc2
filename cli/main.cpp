// Where both executables begin: finds the command, runs it, and is the only place that catches errors,
// prints them and turns them into exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/standard_output.h"
#include "base/text.h"
#include "commands.h"

namespace pupil::cli {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitInterrupted = 130;

void print_overview() {
  std::size_t width = 0;
  for (const Command& command : commands()) width = std::max(width, command.name.size());
  std::string text = "pupil turns a few words and a heap of recordings into a sound classifier for small devices.\n\n"
                     "usage: pupil COMMAND [words and options]\n\n";
  for (const Command& command : commands()) {
    text += concat("  ", command.name, std::string(width - command.name.size() + 2, ' '), command.summary, "\n");
  }
  text += "\nEvery command explains itself: pupil COMMAND --help. Before any command: --quiet, --verbose.\n";
  std::fputs(text.c_str(), stdout);
}

// The stages keep what they have committed, so leaving at once is safe; _exit runs nothing that could hang.
void interrupted(int) { std::_Exit(kExitInterrupted); }

int fail(std::string_view context, std::string_view message, int code) {
  std::fflush(stdout);
  const std::string line = context.empty() ? concat("pupil: ", message) : concat("pupil ", context, ": ", message);
  std::fprintf(stderr, "%s\n", line.c_str());
  return code;
}

// Runs the command that `words` name and returns its exit code; `context` becomes its name. Whatever is printed has
// arrived, or this throws.
int answer(std::vector<std::string> words, std::string& context) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || (words[0] == "help" && words.size() == 1)) {
    print_overview();
    flush_standard_output();
    return words.empty() ? kExitUsage : 0;
  }
  if (words[0] == "help") words = {words[1], "--help"};
  if (words[0] == "--version") words[0] = "version";
  const Command& command = find_command(words[0]);
  context = command.name;
  if (command.run == nullptr) throw Error("this command belongs to the other executable; call it through pupil");
  int code = 0;
  try {
    code = command.run(command, Arguments(words).subspan(1));
  } catch (const HelpRequested& help) {
    std::fputs(help.text.c_str(), stdout);
  }
  flush_standard_output();
  return code;
}

int run(std::vector<std::string> words) {
  while (!words.empty() && (words[0] == "--quiet" || words[0] == "--verbose")) {
    set_log_level(words[0] == "--quiet" ? LogLevel::quiet : LogLevel::verbose);
    words.erase(words.begin());
  }
  std::string context;
  try {
    return answer(std::move(words), context);
  } catch (const UsageError& error) {
    return fail(context, error.what(), kExitUsage);
  } catch (const std::bad_alloc&) {
    return fail(context, "out of memory", kExitFailed);
  } catch (const std::exception& error) {
    return fail(context, error.what(), kExitFailed);
  }
}

}  // namespace
}  // namespace pupil::cli

int main(int argc, char** argv) {
  std::signal(SIGINT, pupil::cli::interrupted);
  std::signal(SIGPIPE, SIG_DFL);
  return pupil::cli::run(std::vector<std::string>(argv + 1, argv + argc));
}
