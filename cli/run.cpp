// SPDX-License-Identifier: Apache-2.0
// pupil run: all stages of a project, one after the other.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/project_lock.h"
#include "base/scratch_folder.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/class_examples.h"
#include "corpus/collect_stage.h"
#include "corpus/stage_run.h"
#include "pipeline/export_stage.h"
#include "pipeline/pipeline_run.h"
#include "run_options.h"

namespace pupil::cli {
namespace {

// The int8 student against the teacher, by the latest evaluation.
std::string retained_text(const Json& figures) {
  const auto percent = [&](const char* key) { return fixed(100 * figures.at(key).as_double(), 1); };
  const auto known = [&](const char* key) { return figures.at(key).is_number(); };
  const bool by_truth = figures.at("against_truth").as_bool();
  // Absent from runs recorded by earlier versions.
  if (const Json* judged = figures.find("judged_classes");
      judged != nullptr && judged->as_array().size() == 1)
    return concat("not known: all ", figures.at("clips").as_int(), " ", figures.at("split").as_string(),
                  " clips are of one class: ", judged->as_array().front().as_string());
  if (!known("retained") || figures.at("clips").as_int() == 0)
    return "not known: no recordings in val or test to judge by";
  std::string text = concat(percent("retained"), by_truth ? " % of the teacher's accuracy"
                                                          : " % of clips decided as the teacher does");
  if (known("retained_low"))
    text += concat(" (", percent("retained_low"), " to ", percent("retained_high"), ")");
  return text + concat(", ", with_thousands(figures.at("clips").as_int()), " clips of ",
                       figures.at("split").as_string());
}

// The end of a run: what there is now, and what to type next.
void print_end(const RunOptions& options, pipeline::PipelineContext& place,
               const pipeline::PipelineRun& pipeline_run) {
  const std::filesystem::path model = pipeline::model_path(place.project);
  const bool exported = std::filesystem::exists(model);
  const auto evaluation = corpus::latest_finished_run(place.catalogue, "evaluate");
  const std::string next =
      exported ? concat("arecord -f S16_LE -r 16000 | pupil classify ", model.string(), " - --stream")
               : concat("pupil run ", options.dir);
  Json json;
  json.set("stages", pipeline_run.json());
  std::string text = pipeline_run.did_anything() ? "" : "nothing to do\n";
  if (exported) {
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(model));
    Json file;
    file.set("path", model.string());
    file.set("bytes", bytes);
    json.set("model", file);
    text += concat("model     ", model.string(), " (", readable_bytes(bytes), ")\n");
  }
  if (exported && evaluation) {
    const Json figures = parse_json(evaluation->summary_json);
    json.set("evaluation", figures);
    text +=
        concat("retained  ", retained_text(figures), "\nreport    ", figures.at("page").as_string(), "\n");
  }
  json.set("next", next);
  text += concat("next      ", next, "\n");
  std::fputs(options.json ? (json.dump(2) + "\n").c_str() : text.c_str(), stdout);
}

int forecast(const RunOptions& options, pipeline::PipelineContext& place, std::size_t first,
             std::size_t last) {
  pipeline::PipelineRun pipeline_run(place, first, last);
  pipeline_run.forecast();
  if (options.json) {
    Json json;
    json.set("stages", pipeline_run.json());
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    std::fputs(pipeline_run.table().c_str(), stdout);
  }
  return 0;
}

}  // namespace

int run_run(const Command& command, Arguments arguments) {
  RunOptions options = parse_options<RunOptions>(command, arguments);
  const std::size_t first = options.from.empty() ? 0 : pipeline::find_stage("--from", options.from);
  const std::size_t last =
      options.until.empty() ? pipeline::stages().size() - 1 : pipeline::find_stage("--until", options.until);
  if (first > last) throw UsageError("--from comes after --until");
  Project project = load_project(options.dir);
  if (options.seed >= 0) project.train.seed = options.seed;
  if (options.threads > 0) project.train.threads = options.threads;
  const bool is_new = !std::filesystem::exists(project.dir / "catalogue.db");
  if (is_new && project.sources.empty()) {
    throw Error(concat("nothing to collect: name a folder in a [[source]] table of ", options.dir,
                       "/pupil.toml, or bring recordings in with pupil collect ", options.dir, " FOLDER"));
  }
  std::vector<corpus::Source> sources;
  if (first == 0) sources = corpus::read_project_sources(project);

  if (options.dry_run) {
    // Nothing is written, not even an empty catalogue.
    std::optional<ScratchFolder> scratch;
    if (is_new) scratch.emplace();
    auto catalogue =
        is_new ? corpus::Catalogue::create(scratch->path()) : corpus::Catalogue::open_to_look(project.dir);
    pipeline::PipelineContext place{project, catalogue, std::move(sources), options.threads, {}};
    return forecast(options, place, first, last);
  }

  const ProjectLock lock(project.dir, "pupil run");
  auto catalogue = corpus::Catalogue::create(project.dir);
  pipeline::PipelineContext place{project, catalogue, std::move(sources), options.threads,
                                  options_json(options)};
  pipeline::PipelineRun pipeline_run(place, first, last);
  pipeline_run.run();
  print_end(options, place, pipeline_run);
  return 0;
}

}  // namespace pupil::cli
