// SPDX-License-Identifier: Apache-2.0
// pupil compare: the student beside what else could have been trained.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/project_lock.h"
#include "base/read_file.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "commands.h"
#include "compare_options.h"
#include "corpus/catalogue.h"
#include "corpus/stage_run.h"
#include "evaluation/claims.h"
#include "evaluation/comparison.h"
#include "nn/model_store.h"
#include "output_paths.h"
#include "pipeline/impulse_response_folder.h"
#include "pipeline/training_set_stage.h"
#include "report/comparison_page.h"

namespace pupil::cli {
namespace {

student::TrainingSet open_set(const Project& project, corpus::Catalogue* catalogue,
                              const CompareOptions& options) {
  if (!options.set.empty()) return student::TrainingSet::open(options.set);
  return pipeline::prepare_training_set(project, *catalogue, corpus::Store(options.dir), true).set;
}

// Of all its files; 0 where it is not on this machine.
std::int64_t teacher_bytes(const Project& project) {
  std::int64_t bytes = 0;
  try {
    const auto path =
        nn::resolve_model(project.teacher.teachers().front().model, project.dir, nn::cache_dir());
    for (const nn::FileCheck& file : nn::verify_model(path)) bytes += file.bytes;
  } catch (const DiskError&) {
    throw;
  } catch (const Error&) {
    return 0;
  }
  return bytes;
}

// Outputs of the model that a class's AudioSet names mean.
std::vector<std::int32_t> outputs_of(const general::GeneralModel& model, const SoundClass& sound) {
  std::vector<std::int32_t> outputs;
  for (const std::string& name : sound.audioset) {
    const auto found = std::find(model.class_names().begin(), model.class_names().end(), name);
    if (found != model.class_names().end())
      outputs.push_back(static_cast<std::int32_t>(found - model.class_names().begin()));
  }
  return outputs;
}

// Per class of the set; empty where the model has no name for a class that the project names.
std::vector<std::vector<std::int32_t>> named_outputs(const general::GeneralModel& model,
                                                     std::span<const std::string> classes,
                                                     const Project& project) {
  if (model.class_names().empty()) return {};
  std::vector<std::vector<std::int32_t>> outputs(classes.size());
  for (const SoundClass& sound : project.named_classes()) {
    const auto place = std::find(classes.begin(), classes.end(), sound.name);
    if (place == classes.end()) continue;
    std::vector<std::int32_t>& of_class = outputs[static_cast<std::size_t>(place - classes.begin())];
    of_class = outputs_of(model, sound);
    if (!of_class.empty()) continue;
    log_info(concat(model.name(), " has no name for class ", sound.name, ": measured under a head alone"));
    return {};
  }
  return outputs;
}

std::vector<evaluation::GeneralBaseline> general_baselines(const CompareOptions& options,
                                                           const Project& project,
                                                           std::span<const std::string> classes) {
  std::vector<evaluation::GeneralBaseline> baselines;
  for (const std::string& path : options.general) {
    evaluation::GeneralBaseline baseline;
    baseline.name = std::filesystem::path(path).stem().string();
    if (std::filesystem::exists(path)) {
      baseline.model = general::load_general_model(path);
      baseline.outputs = named_outputs(*baseline.model, classes, project);
    }
    baselines.push_back(std::move(baseline));
  }
  return baselines;
}

// As it can be typed again: a model's file by its name, wherever it is here.
std::string typed_again(const CompareOptions& options) {
  std::string text = concat("pupil compare ", std::filesystem::path(options.dir).filename().string());
  if (options.seeds != 1) text += concat(" --seeds ", options.seeds);
  if (options.separated) text += " --separated";
  if (!options.only.empty()) text += " --only";
  for (const std::string& name : options.only) text += " " + name;
  if (!options.general.empty()) text += " --general";
  for (const std::string& path : options.general)
    text += " " + std::filesystem::path(path).filename().string();
  return text;
}

std::vector<report::PageClaim> page_claims(const evaluation::Comparison& comparison) {
  std::vector<report::PageClaim> claims;
  for (const evaluation::Claim& claim : evaluation::claims_of(comparison))
    claims.push_back({claim.claim, claim.figures, claim.verdict == evaluation::Verdict::holds, claim.why});
  return claims;
}

void write_page(const CompareOptions& options, const Project& project,
                const evaluation::Comparison& comparison) {
  report::ComparisonPage page;
  page.data = project.name;
  page.command = typed_again(options);
  page.machine = concat("times on one thread of a machine with ", std::thread::hardware_concurrency(),
                        " processors that others may have used as well");
  page.clip_count = comparison.clip_count;
  for (const evaluation::ComparisonRow& row : comparison.rows)
    page.systems.push_back({row.name, row.about, row.accuracy, row.interval.low, row.interval.high, row.bytes,
                            row.macs_per_window, row.window_s});
  page.claims = page_claims(comparison);
  if (!options.results.empty()) {
    const std::string text = read_text(options.results);
    page.results = with_context(options.results, [&] { return report::read_page_results(text); });
  }
  const std::filesystem::path goal = options.page;
  for (const report::PageFile& file : report::comparison_page(page, goal.stem().string()))
    write_whole(goal.parent_path() / file.name, file.text);
}

// Before the hours that the page is about; makes its folder.
void check_page(const CompareOptions& options) {
  if (!options.results.empty() && options.page.empty()) throw UsageError("--results is of --page: name one");
  if (options.page.empty()) return;
  const std::filesystem::path page = options.page;
  if (page.extension() != ".md")
    throw UsageError(concat("--page ", options.page, ": a name that ends in .md is wanted"));
  check_outputs(std::vector<NamedPath>{{"--page", page}},
                std::vector<NamedPath>{{"--results", options.results}});
  const std::filesystem::path folder = page.has_parent_path() ? page.parent_path() : ".";
  make_folders(folder);
  const TempFile probe(folder);  // a folder that takes no file is said now
}

}  // namespace

int run_compare(const Command& command, Arguments arguments) {
  CompareOptions options = parse_options<CompareOptions>(command, arguments);
  check_page(options);
  const Project project = load_project(options.dir);
  if (options.separated && project.separate.mode != "both") {
    throw Error(
        "--separated needs both views: set [separate] mode = \"both\", then pupil separate and pupil label");
  }
  const ProjectLock lock(project.dir, "pupil compare");
  // A prepared set needs no catalogue; where there is one, it gets the run's record.
  std::optional<corpus::Catalogue> catalogue;
  if (options.set.empty() || std::filesystem::exists(project.dir / "catalogue.db"))
    catalogue = corpus::Catalogue::open(options.dir);
  std::optional<corpus::StageRun> run;
  if (catalogue)
    run.emplace(*catalogue, "compare", options_json(options), static_cast<std::uint64_t>(project.train.seed));
  const student::TrainingSet set = open_set(project, catalogue ? &*catalogue : nullptr, options);
  evaluation::ComparisonOptions comparing;
  comparing.train = project.train;
  comparing.folder = project.dir / "compare";
  comparing.trained = project.dir / "train";
  comparing.responses = pipeline::project_responses(project);
  comparing.seeds = options.seeds;
  comparing.separated = options.separated;
  comparing.only = options.only;
  comparing.general = general_baselines(options, project, set.class_names());
  comparing.teacher_bytes = teacher_bytes(project);
  make_folders(comparing.folder);  // where no row trains, nothing else makes it
  const evaluation::Comparison comparison = evaluation::compare(set, comparing);

  const std::string text = evaluation::comparison_text(comparison),
                    json = evaluation::comparison_json(comparison).dump(2);
  write_whole(comparing.folder / "table.md", text);
  write_whole(comparing.folder / "comparison.json", json + "\n");
  if (!options.page.empty()) write_page(options, project, comparison);
  if (run) run->finish(Json(Json::Object{{"comparison", (comparing.folder / "comparison.json").string()}}));
  std::printf("%s\n", options.json ? json.c_str() : text.c_str());
  return 0;
}

}  // namespace pupil::cli
