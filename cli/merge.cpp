// SPDX-License-Identifier: Apache-2.0
// pupil merge: brings what shards have computed into the catalogue.

#include <cstdio>

#include "base/error.h"
#include "base/project_lock.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/class_examples.h"
#include "corpus/collect_shard.h"
#include "corpus/collect_stage.h"
#include "nn/threads.h"
#include "pipeline/label_stage.h"
#include "pipeline/label_summary.h"
#include "pipeline/separate_stage.h"
#include "plan_options.h"
#include "project/project_file.h"

namespace pupil::cli {
namespace {

std::string merge_collect(const Project& project, MergeOptions& options,
                          const corpus::ShardResults& results) {
  auto catalogue = corpus::Catalogue::create(options.dir);
  const corpus::Store store(options.dir);
  corpus::CollectOptions collect_with = corpus::collect_options(project, options.threads);
  collect_with.known_intake = corpus::known_intakes(results, store, options.dir);
  const corpus::CollectReport report = corpus::run_collect_stage(
      catalogue, store, corpus::read_project_sources(project), collect_with, options_json(options));
  corpus::warn_of(report, project, catalogue);
  return corpus::collect_report_text(report);
}

std::string merge_separate(const Project& project, MergeOptions& options,
                           const corpus::ShardResults& results) {
  auto catalogue = corpus::Catalogue::open(options.dir);
  pipeline::SeparateStageOptions stage;
  stage.threads = options.threads;
  stage.results = &results;
  stage.record = options_json(options);
  return pipeline::separate_report_text(
      pipeline::run_separate_stage(project, catalogue, corpus::Store(options.dir), stage));
}

std::string merge_label(const Project& project, MergeOptions& options, const corpus::ShardResults& results) {
  nn::set_thread_count(static_cast<std::int32_t>(options.threads));
  auto catalogue = corpus::Catalogue::open(options.dir);
  return pipeline::label_report_text(pipeline::run_label_stage(project, catalogue, corpus::Store(options.dir),
                                                               &results, options_json(options)));
}

}  // namespace

int run_merge(const Command& command, Arguments arguments) {
  MergeOptions options = parse_options<MergeOptions>(command, arguments);
  const Project project = load_project(options.dir);
  const ProjectLock lock(options.dir, "pupil merge");
  const corpus::ShardPlan plan = corpus::read_plan(options.dir);
  if (plan.merged) {
    std::printf("%s by %lld shards is merged already: nothing to do\n", plan.stage.c_str(),
                static_cast<long long>(plan.shard_count()));
    return 0;
  }
  corpus::check_plan(options.dir, plan);
  const corpus::ShardResults results(options.dir, plan);
  const std::string text = plan.stage == "collect"    ? merge_collect(project, options, results)
                           : plan.stage == "separate" ? merge_separate(project, options, results)
                                                      : merge_label(project, options, results);
  corpus::set_merged(options.dir, plan, options.keep);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace pupil::cli
