// SPDX-License-Identifier: Apache-2.0
// pupil label: the labelling stage on a project.

#include <ATen/Parallel.h>

#include <cstdio>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/project_lock.h"
#include "base/text.h"
#include "commands.h"
#include "label_options.h"
#include "pipeline/config_chain.h"
#include "pipeline/label_stage.h"
#include "pipeline/label_summary.h"
#include "shard_option.h"

namespace pupil::cli {

int run_label(const Command& command, Arguments arguments) {
  LabelOptions options = parse_options<LabelOptions>(command, arguments);
  const corpus::Shard shard = read_shard(options.shard);
  const std::optional<corpus::Split> split = corpus::parse_split(options.split);
  if (!options.split.empty() && !split) throw UsageError("--split: train, val or test");
  if (split && shard.count > 1 && !options.report_only)
    throw UsageError(
        "--split reports on labels, and --shard makes none: pupil label without --shard decides");
  at::set_num_threads(options.threads > 0 ? static_cast<int>(options.threads)
                                          : static_cast<int>(std::thread::hardware_concurrency()));
  const Project project = load_project(options.dir);
  corpus::Catalogue catalogue = corpus::Catalogue::open(options.dir);

  pipeline::LabelStageReport report;
  if (!options.report_only) {
    // Shards of one project are embedded side by side; deciding is for one process alone.
    const ProjectLock lock(options.dir, "pupil label",
                           shard.count > 1 ? ProjectLock::Kind::shared : ProjectLock::Kind::exclusive);
    report = pipeline::run_label_stage(project, catalogue, corpus::Store(options.dir), shard,
                                       options_json(options));
  }
  if (options.report_only || split) {
    pipeline::LabelStageReport narrowed;
    narrowed.embedded_count = report.embedded_count;
    narrowed.scored_count = report.scored_count;
    const pipeline::ConfigChain chain = options.report_only ? pipeline::require_labels(project, catalogue)
                                                            : pipeline::find_config_chain(project, catalogue);
    corpus::WindowFilter filter = chain.filter;
    filter.split = split;
    filter.shard = shard;
    pipeline::summarise_labels(project, catalogue, filter, chain.label.id, &narrowed);
    pipeline::summarise_refinement(project, catalogue, chain, filter, &narrowed);
    pipeline::summarise_groups(project, catalogue, chain, &narrowed);
    report = narrowed;
  }
  const std::string text =
      options.json ? pipeline::label_report_json(report).dump(2) + "\n" : pipeline::label_report_text(report);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace pupil::cli
