// SPDX-License-Identifier: Apache-2.0
// Where both executables begin: finds the command, runs it, and is the only place that catches errors,
// prints them and turns them into exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

#include <fcntl.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
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
  std::string text =
      "pupil turns a few words and a heap of recordings into a sound classifier for small devices.\n\n"
      "usage: pupil COMMAND [words and options]\n\n";
  for (const Command& command : commands()) {
    text +=
        concat("  ", command.name, std::string(width - command.name.size() + 2, ' '), command.summary, "\n");
  }
  text += "\nEvery command explains itself: pupil COMMAND --help. Before any command: --quiet, --verbose.\n";
  std::fputs(text.c_str(), stdout);
}

// The stages keep what they have committed, so leaving at once is safe; _exit runs nothing that could hang.
void interrupted(int) {
  std::_Exit(kExitInterrupted);
}

// Allocates nothing: memory may be what is missing.
int fail(std::string_view context, std::string_view message, int code) {
  std::fflush(stdout);
  std::fprintf(stderr, "pupil%s%.*s: %.*s\n", context.empty() ? "" : " ", static_cast<int>(context.size()),
               context.data(), static_cast<int>(message.size()), message.data());
  return code;
}

// One line: errors of libtorch carry its stack.
std::string message_of(const std::exception& error) {
  const std::string_view text = error.what();
  if (text.find("can't allocate memory") != std::string_view::npos) return "out of memory";
  return std::string(text.substr(0, std::min(text.find("\nframe #"), text.find("\nException raised from"))));
}

// A file opened as 1 would be written to by printf: a closed standard stream becomes one that can neither be read nor
// written, so that its use fails.
void occupy_standard_streams() {
  for (int stream = 0; stream <= 2; ++stream) {
    if (fcntl(stream, F_GETFD) < 0) open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
  }
}

// For the shells (packaging/completions): what may stand in place of the last of `words`. A command that is not there has
// nothing to offer, and nothing is printed into a line that somebody types.
void complete(Arguments words) {
  while (words.size() > 1 && (words[0] == "--quiet" || words[0] == "--verbose" || words[0] == "help"))
    words = words.subspan(1);
  try {
    if (!words.empty()) complete_among(commands(), "", words);
  } catch (const HelpRequested& answer) {
    std::fputs(answer.text.c_str(), stdout);
  } catch (const std::exception&) {
  }
  flush_standard_output();
}

int run(std::vector<std::string> words) {
  while (!words.empty() && (words[0] == "--quiet" || words[0] == "--verbose")) {
    set_log_level(words[0] == "--quiet" ? LogLevel::quiet : LogLevel::verbose);
    words.erase(words.begin());
  }
  const bool nothing_asked = words.empty();
  if (nothing_asked) words = {"--help"};
  if (words[0] == "help") {
    words.erase(words.begin());
    words.push_back("--help");
  }
  if (words[0] == "--version") words[0] = "version";

  std::string_view context;
  try {
    if (words[0] == "--help" || words[0] == "-h") {
      print_overview();
      flush_standard_output();
      return nothing_asked ? kExitUsage : 0;
    }
    if (words[0] == "--manual") {
      std::fputs(manual_page().c_str(), stdout);
      flush_standard_output();
      return 0;
    }
    if (words[0] == "--complete") {
      complete(Arguments(words).subspan(1));
      return 0;
    }
    const Command& command = find_command(words[0]);
    context = command.name;
    if (command.run == nullptr)
      throw Error("this command belongs to the other executable; call it through pupil");
    int code = 0;
    try {
      code = command.run(command, Arguments(words).subspan(1));
    } catch (const HelpRequested& help) {
      std::fputs(help.text.c_str(), stdout);
    }
    flush_standard_output();
    return code;
  } catch (const UsageError& error) {
    return fail(context, error.what(), kExitUsage);
  } catch (const std::bad_alloc&) {
    return fail(context, "out of memory", kExitFailed);
  } catch (const std::system_error& error) {
    const bool no_thread = error.code() == std::errc::resource_unavailable_try_again;
    return fail(context,
                no_thread
                    ? "cannot start a thread: out of memory, or the limit of processes (ulimit -u) is reached"
                    : error.what(),
                kExitFailed);
  } catch (const std::exception& error) {
    return fail(context, message_of(error), kExitFailed);
  }
}

}  // namespace
}  // namespace pupil::cli

int main(int argc, char** argv) {
  std::signal(SIGINT, pupil::cli::interrupted);
  std::signal(SIGPIPE, SIG_DFL);
  // A write beyond the limit (ulimit -f) then fails like one to a full disk, and is reported.
  std::signal(SIGXFSZ, SIG_IGN);
  pupil::cli::occupy_standard_streams();
  try {
    return pupil::cli::run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::bad_alloc&) {
    // Outside of a command, so that nothing else has named it.
    return pupil::cli::fail(argc > 1 ? argv[1] : "", "out of memory", pupil::cli::kExitFailed);
  }
}
