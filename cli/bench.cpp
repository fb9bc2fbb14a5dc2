// pupil bench: measurements, each a command of its own.

#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "commands.h"

namespace pupil::cli {

int run_bench_frontend(const Command&, Arguments);

namespace {

// In pupil-forge: its words are checked there.
int hand_over_bench(const Command& command, Arguments arguments) {
  std::vector<std::string> words = {std::string(command.name.substr(command.name.find(' ') + 1))};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_forge({"bench", "", nullptr}, words);
}

constexpr Command kBenches[] = {
    {"bench frontend", "time the front end beside kissfft", run_bench_frontend},
    {"bench train", "time the training of a student", hand_over_bench},
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
