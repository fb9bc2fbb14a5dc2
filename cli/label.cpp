// pupil label: the labelling stage on a project.

#include <ATen/Parallel.h>

#include <cstdio>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "commands.h"
#include "label_options.h"
#include "label_stage.h"
#include "label_summary.h"
#include "shard_option.h"

namespace pupil::cli {

int run_label(const Command& command, Arguments arguments) {
  LabelOptions options = parse_options<LabelOptions>(command, arguments);
  const corpus::Shard shard = read_shard(options.shard);
  at::set_num_threads(options.threads > 0 ? static_cast<int>(options.threads)
                                          : static_cast<int>(std::thread::hardware_concurrency()));
  const Project project = load_project(options.dir);
  corpus::Catalogue catalogue = corpus::Catalogue::open(options.dir);

  LabelStageReport report;
  if (!options.report_only) {
    report = run_label_stage(project, catalogue, corpus::Store(options.dir), shard, options_json(options));
  }
  if (options.report_only || !options.split.empty()) {
    corpus::WindowFilter filter = labelled_windows_filter(project, catalogue, shard);
    if (!options.split.empty()) {
      filter.split = corpus::parse_split(options.split);
      if (!filter.split) throw UsageError("--split: train, val or test");
    }
    LabelStageReport narrowed;
    narrowed.heard_count = report.heard_count;
    narrowed.scored_count = report.scored_count;
    summarise_labels(project, catalogue, filter, &narrowed);
    report = narrowed;
  }
  const std::string text = options.json ? label_report_json(report).dump(2) + "\n" : label_report_text(report);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace pupil::cli
