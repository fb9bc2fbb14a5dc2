// SPDX-License-Identifier: Apache-2.0
// pupil plan: divides a stage among shards.

#include <cstdio>

#include "base/error.h"
#include "base/project_lock.h"
#include "base/text.h"
#include "commands.h"
#include "corpus/class_examples.h"
#include "corpus/collect_shard.h"
#include "corpus/collect_stage.h"
#include "pipeline/label_shard.h"
#include "pipeline/separate_shard.h"
#include "plan_options.h"
#include "project/project_file.h"

namespace pupil::cli {
namespace {

corpus::ShardPlan make_plan(const PlanOptions& options, const Project& project) {
  if (options.stage == "collect") {
    auto catalogue = corpus::Catalogue::create(options.dir);
    return corpus::plan_collect(catalogue, corpus::read_project_sources(project),
                                corpus::collect_options(project, 0), options.shards);
  }
  auto catalogue = corpus::Catalogue::open(options.dir);
  if (options.stage == "separate") return pipeline::plan_separate(project, catalogue, options.shards);
  return pipeline::plan_label(project, catalogue, corpus::Store(options.dir), options.shards);
}

int discard(const PlanOptions& options) {
  if (!options.stage.empty() || options.shards > 0) throw UsageError("--discard stands alone");
  const ProjectLock lock(options.dir, "pupil plan");
  if (!corpus::has_plan(options.dir)) throw Error(concat(options.dir, ": no plan for shards"));
  corpus::discard_plan(options.dir);
  return 0;
}

}  // namespace

int run_plan(const Command& command, Arguments arguments) {
  const PlanOptions options = parse_options<PlanOptions>(command, arguments);
  if (options.discard) return discard(options);
  if (options.stage != "collect" && options.stage != "separate" && options.stage != "label")
    throw UsageError(concat("STAGE: collect, separate or label, found '", options.stage, "'"));
  if (options.shards == 0) throw UsageError("--shards is missing");
  const Project project = load_project(options.dir);
  const ProjectLock lock(options.dir, "pupil plan");
  if (corpus::has_plan(options.dir)) {
    const corpus::ShardPlan open = corpus::read_plan(options.dir);
    if (!open.merged && open.stage == options.stage && open.shard_count() == options.shards) {
      corpus::check_plan(options.dir, open);
      std::printf("%s: the plan for %lld shards is kept\n", options.stage.c_str(),
                  static_cast<long long>(options.shards));
      return 0;
    }
  }
  const corpus::ShardPlan plan = make_plan(options, project);
  std::printf("%s: %s items for %lld shards\n", plan.stage.c_str(), with_thousands(plan.item_count()).c_str(),
              static_cast<long long>(plan.shard_count()));
  return 0;
}

}  // namespace pupil::cli
