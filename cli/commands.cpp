// SPDX-License-Identifier: Apache-2.0
// The table of commands; homes.h says what FORGE, BOTH, TOOL and DEVICE mean.

#include "commands.h"

#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "compare_options.h"
#include "embed_options.h"
#include "evaluate_options.h"
#include "evaluate_separation_options.h"
#include "export_options.h"
#include "homes.h"
#include "label_options.h"
#include "mix_options.h"
#include "models_options.h"
#include "plan_options.h"
#include "run_options.h"
#include "separate_options.h"
#include "status_options.h"
#include "train_options.h"

namespace pupil::cli {

PUPIL_COMMAND(run_bench)
PUPIL_COMMAND(run_classify)
PUPIL_COMMAND(run_collect)
PUPIL_COMMAND(run_export)
PUPIL_COMMAND(run_compare)
PUPIL_COMMAND(run_demo)
PUPIL_COMMAND(run_embed)
PUPIL_COMMAND(run_evaluate)
PUPIL_COMMAND(run_evaluate_separation)
PUPIL_COMMAND(run_features)
PUPIL_COMMAND(run_forget)
PUPIL_COMMAND(run_init)
PUPIL_COMMAND(run_inspect)
PUPIL_COMMAND(run_label)
PUPIL_COMMAND(run_licences)
PUPIL_COMMAND(run_listen)
PUPIL_COMMAND(run_merge)
PUPIL_COMMAND(run_mix)
PUPIL_COMMAND(run_models)
PUPIL_COMMAND(run_plan)
PUPIL_COMMAND(run_plot)
PUPIL_COMMAND(run_review)
PUPIL_COMMAND(run_run)
PUPIL_COMMAND(run_pretrain)
PUPIL_COMMAND(run_search)
PUPIL_COMMAND(run_separate)
PUPIL_COMMAND(run_status)
PUPIL_COMMAND(run_submit)
PUPIL_COMMAND(run_submit_page)
PUPIL_COMMAND(run_synth)
PUPIL_COMMAND(run_train)
PUPIL_COMMAND(run_verify)
PUPIL_COMMAND(run_version)

namespace {

constexpr Command kCommands[] = {
    {"bench", "measure speed", run_bench},
    {"classify", "score recordings or a live stream with a model", DEVICE(run_classify)},
    {"collect", "bring recordings into a project", BOTH(run_collect)},
    {"compare", "train and measure the student beside others", FORGE(run_compare, CompareOptions)},
    {"demo", "write a page that listens with a model in any browser", DEVICE(run_demo)},
    {"embed", "show what a teacher makes of recordings and texts", FORGE(run_embed, EmbedOptions)},
    {"evaluate", "measure a project's model and write the report", FORGE(run_evaluate, EvaluateOptions)},
    {"evaluate-separation", "measure a separator on mixtures with a known answer",
     FORGE(run_evaluate_separation, EvaluateSeparationOptions)},
    {"export", "write the trained student for devices and other engines", FORGE(run_export, ExportOptions)},
    {"features", "write the log-mel frames of a recording", TOOL(run_features)},
    {"forget", "take an author's or an address's recordings out of a project", TOOL(run_forget)},
    {"init", "make a project: a folder with a commented pupil.toml", TOOL(run_init)},
    {"inspect", "show what a model file holds and costs", DEVICE(run_inspect)},
    {"label", "let the teacher label what is pending", FORGE(run_label, LabelOptions)},
    {"licences", "list whose recordings a project uses", TOOL(run_licences)},
    {"listen", "listen to microphones, cameras and streams, for years", DEVICE(run_listen)},
    {"merge", "bring what shards have computed into the catalogue", FORGE(run_merge, MergeOptions)},
    {"mix", "make noisy recordings with a known answer", FORGE(run_mix, MixOptions)},
    {"models", "list, fetch and verify published models", FORGE(run_models, ModelsOptions)},
    {"plan", "divide a stage among shards", FORGE(run_plan, PlanOptions)},
    {"plot", "draw waveform and log-mel of a recording", TOOL(run_plot)},
    {"pretrain", "train a teacher, a separator or a student's backbone", run_pretrain},
    {"review", "look, listen and decide: a page for verdicts", TOOL(run_review)},
    {"run", "walk all stages, from recordings to a model", FORGE(run_run, RunOptions)},
    {"search", "look what sound libraries have", BOTH(run_search)},
    {"separate", "lift sounds out of their background", FORGE(run_separate, SeparateOptions)},
    {"status", "show what a project holds", FORGE(run_status, StatusOptions)},
    {"submit", "walk all stages by several processes, here or under Slurm", TOOL(run_submit)},
    {"submit-page", "a page where people send recordings", TOOL(run_submit_page)},
    {"synth", "make labelled sounds of dogs and backgrounds from a seed", TOOL(run_synth)},
    {"train", "teach the student", FORGE(run_train, TrainOptions)},
    {"verify", "compare this machine with a model's golden vectors", DEVICE(run_verify)},
    {"version", "print the version", DEVICE(run_version)},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

const Command& find_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  throw UsageError(concat("unknown command '", name, "'", did_you_mean(name, names), " (see pupil --help)"));
}

int run_family(const CommandFamily& family, Arguments arguments) {
  if (!arguments.empty() && arguments[0] == "--help") {
    std::string text = concat("usage: pupil ", family.word, " ", family.placeholder, " [options]\n\n");
    for (const Command& command : family.table)
      text += concat("  pupil ", command.name, "  ", command.summary, "\n");
    throw HelpRequested{
        concat(text, "\npupil ", family.word, " ", family.placeholder, " --help tells more.\n")};
  }
  if (!arguments.empty() && arguments.back() == kManualWord) throw HelpRequested{manual_of(family.table)};
  const std::string prefix = concat(family.word, " ");
  if (arguments.size() > 1 && arguments.back() == kCompleteWord)
    complete_among(family.table, prefix, arguments.first(arguments.size() - 1));
  const std::string help = concat(" (see pupil ", family.word, " --help)");
  if (arguments.empty()) throw UsageError(concat(family.subject, " is missing", help));
  std::vector<std::string_view> names;
  for (const Command& command : family.table) {
    names.push_back(command.name.substr(prefix.size()));
    if (names.back() == arguments[0]) return command.run(command, arguments.subspan(1));
  }
  throw UsageError(
      concat("unknown ", family.kind, " '", arguments[0], "'", did_you_mean(arguments[0], names), help));
}

}  // namespace pupil::cli
