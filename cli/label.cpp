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
#include "pipeline/label_shard.h"
#include "pipeline/label_stage.h"
#include "pipeline/label_summary.h"
#include "shard_option.h"

namespace pupil::cli {

int run_label(const Command& command, Arguments arguments) {
  LabelOptions options = parse_options<LabelOptions>(command, arguments);
  const std::optional<corpus::Split> split = corpus::parse_split(options.split);
  if (!options.split.empty() && !split) throw UsageError("--split: train, val or test");
  if (!options.shard.empty() && (split || options.report_only))
    throw UsageError("--split and --report are about labels, and --shard makes none: pupil merge decides");
  at::set_num_threads(options.threads > 0 ? static_cast<int>(options.threads)
                                          : static_cast<int>(std::thread::hardware_concurrency()));
  const Project project = load_project(options.dir);
  if (!options.shard.empty()) {
    return run_shard(options.dir, "label", options.shard,
                     [&](corpus::ShardRun& run) { pipeline::run_label_shard(project, run); });
  }
  corpus::Catalogue catalogue = corpus::Catalogue::open(options.dir);

  pipeline::LabelStageReport report;
  if (!options.report_only) {
    const ProjectLock lock(options.dir, "pupil label");
    report = pipeline::run_label_stage(project, catalogue, corpus::Store(options.dir), nullptr,
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
