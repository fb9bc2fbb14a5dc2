// SPDX-License-Identifier: Apache-2.0
// pupil collect: brings recordings into a project.

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/project_lock.h"
#include "commands.h"
#include "corpus/class_examples.h"
#include "corpus/collect_shard.h"
#include "corpus/collect_stage.h"
#include "fetch/cache_folder.h"
#include "harvest/hard_negatives.h"
#include "harvest/harvester.h"
#include "harvest_judge.h"
#include "project/project_file.h"
#include "shard_option.h"

namespace pupil::cli {
namespace {

struct CollectCommandOptions {
  static constexpr std::string_view kDetails =
      "SOURCE is a folder (one folder per class, ESC-50, Hugging Face AudioFolder with metadata.csv, or any "
      "heap of\n"
      "recordings), an index (.csv, .tsv), or a recording. An index whose columns have no usual names: --csv FILE and its\n"
      "columns.\n"
      "Without either, what the [[source]] tables of pupil.toml name, the web included (docs/collect.md).\n"
      "Stop it at any time and run it again: it goes on. Run it again after adding files: only those are "
      "read.";

  std::string dir;
  std::vector<std::string> sources;
  SourceSpec spec;
  std::string shard;
  std::string web_part;
  std::int64_t threads = 0;
  bool hard_negatives = false;
  bool json = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "folder of the project (pupil init makes one)");
    v.positionals("SOURCE", sources, 0, "where recordings come from");
    v.value("--csv", "FILE", spec.csv, "an index of recordings");
    v.value("--path-column", "NAME", spec.path_column, "column of --csv: the file, relative to the index");
    v.value("--label-column", "NAME", spec.label_column, "column: the given label");
    v.value("--group-column", "NAME", spec.group_column,
            "column: the recording a clip was cut from; never divided by splits");
    v.value("--split-column", "NAME", spec.split_column, "column: train, val or test (or see --split-map)");
    v.value("--licence-column", "NAME", spec.licence_column, "column: licence of the recording");
    v.value("--author-column", "NAME", spec.author_column, "column: who made it");
    v.value("--source-column", "NAME", spec.source_column, "column: where it was published");
    v.value("--onset-column", "NAME", spec.onset_column, "column: where the label begins, seconds");
    v.value("--offset-column", "NAME", spec.offset_column, "column: where the label ends, seconds");
    v.value("--root", "FOLDER", spec.root,
            "folder that the paths of --csv start from, if not the index's own");
    v.value("--layout", "KIND", spec.layout,
            "how folders are read: auto, plain, classes, esc50, audiofolder");
    v.value("--label-separator", "TEXT", spec.label_separator, "splits a cell that holds several labels");
    v.list("--split-map", "VALUE=SPLIT", spec.split_map,
           "what folds or other split values stand for: 1=train 4=val 5=test");
    v.value("--licence", "TEXT", spec.licence, "licence of recordings that name none");
    v.value("--author", "TEXT", spec.author, "author of recordings that name none");
    v.flag(
        "--hard-negatives", hard_negatives,
        "search for the sounds that the last report confused with the classes, instead of for the classes");
    v.value("--shard", "I/N", shard, kShardHelp);
    v.value("--web-part", "I/N", web_part,
            "of what the web has, take part I (from 0) of N, for several machines with a project each");
    v.value("--threads", "N", threads, kThreadRange, "decoding threads; 0: all cores");
    v.flag("--json", json, "machine-readable summary");
  }
};

std::vector<corpus::Source> named_sources(const Project& project, const CollectCommandOptions& options) {
  if (options.sources.empty() && options.spec.csv.empty()) {
    const bool shown = std::ranges::any_of(project.named_classes(),
                                           [](const SoundClass& sound) { return !sound.examples.empty(); });
    if (project.sources.empty() && !shown)
      throw UsageError("no SOURCE, no --csv and no [[source]] in pupil.toml: nothing to collect");
    return corpus::read_project_sources(project);
  }
  std::vector<SourceSpec> specs;
  if (!options.spec.csv.empty()) specs.push_back(options.spec);
  for (const std::string& source : options.sources) {
    SourceSpec& spec = specs.emplace_back(options.spec);
    spec.csv.clear();
    spec.path = source;
  }
  return corpus::read_sources(specs, {});
}

// What would stop the search for hard negatives is said before anything is collected.
void require_confusions(const Project& project, bool from_tables) {
  const bool searches =
      std::ranges::any_of(project.sources, [](const SourceSpec& spec) { return !spec.search.empty(); });
  if (!from_tables || !searches)
    throw UsageError(
        "--hard-negatives goes with a [[source]] table with `search` in pupil.toml, and no SOURCE");
  harvest::read_confusions(project);
}

}  // namespace

int run_collect(const Command& command, Arguments arguments) {
  CollectCommandOptions options = parse_options<CollectCommandOptions>(command, arguments);
  const Project project = load_project(options.dir);
  const bool from_tables = options.sources.empty() && options.spec.csv.empty();
  if (!options.shard.empty()) {
    if (!from_tables || options.hard_negatives || !options.web_part.empty())
      throw UsageError("--shard does its part of the plan, which is made of pupil.toml's [[source]] tables");
    return run_shard(options.dir, "collect", options.shard, [&](corpus::ShardRun& run) {
      corpus::run_collect_shard(run, corpus::collect_options(project, options.threads));
    });
  }
  const bool from_web = from_tables && harvest::names_web(project.sources);
  if (options.hard_negatives) require_confusions(project, from_tables);
  if (from_web && harvest::wants_judge(project) && !has_teachers()) return run_forge(command, arguments);
  const corpus::CollectOptions collect_with = corpus::collect_options(project, options.threads);
  const std::vector<corpus::Source> sources = named_sources(project, options);
  const ProjectLock lock(options.dir, "pupil collect");
  auto catalogue = corpus::Catalogue::create(options.dir);
  const corpus::Store store(options.dir);
  const corpus::CollectReport report =
      corpus::run_collect_stage(catalogue, store, sources, collect_with, options_json(options));
  corpus::warn_of(report, project, catalogue);
  Json json = corpus::collect_report_json(report);
  std::string text = corpus::collect_report_text(report);
  if (from_web) {
    const harvest::Settings settings =
        harvest::read_settings(project.harvest, project.dir, fetch::cache_folder());
    harvest::HarvestOptions how{.shard = {}, .hard_negatives = options.hard_negatives};
    if (!options.web_part.empty()) how.shard = read_shard(options.web_part);
    std::unique_ptr<harvest::Judge> judge;
    if (harvest::wants_judge(project)) judge = find_judge(project, catalogue);
    how.judge = judge.get();
    const harvest::HarvestReport harvested =
        harvest::harvest(project, catalogue, store, collect_with, settings, how);
    log_warnings(harvested.warnings);
    json.set("web", harvest::harvest_report_json(harvested));
    text += harvest::harvest_report_text(harvested);
  }
  std::fputs((options.json ? json.dump(2) + "\n" : text).c_str(), stdout);
  return 0;
}

}  // namespace pupil::cli
