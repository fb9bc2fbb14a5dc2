// SPDX-License-Identifier: Apache-2.0
// pupil separate: lifts sounds out of their background, for a whole project or one recording.

#include <cstdio>
#include <filesystem>
#include <vector>

#include "base/project_lock.h"
#include "base/text.h"
#include "commands.h"
#include "nn/threads.h"
#include "output_paths.h"
#include "pipeline/separate_shard.h"
#include "pipeline/separate_stage.h"
#include "separate_file.h"
#include "separate_options.h"
#include "shard_option.h"

namespace pupil::cli {
namespace {

void print_file_summary(const Json& json) {
  std::printf(
      "%s: %s at %lld Hz, %s %% of the energy kept, taken away: %s dB against the recording%s\n",
      json.at("out").as_string().c_str(),
      readable_seconds(json.at("samples").as_double() / json.at("sample_rate_hz").as_double()).c_str(),
      static_cast<long long>(json.at("sample_rate_hz").as_int()),
      fixed(100 * json.at("energy_ratio").as_double(), 1).c_str(),
      fixed(json.at("removed_db").as_double(), 1).c_str(),
      json.at("state").as_string() == "good" ? "" : (" (" + json.at("state").as_string() + ")").c_str());
}

int separate_project(SeparateOptions& options) {
  const std::string& dir = options.words[0];
  const std::filesystem::path folder = dir;
  check_outputs(std::vector<NamedPath>{{"--report", options.report}},
                std::vector<NamedPath>{{"the project's", folder / "pupil.toml"},
                                       {"the project's", folder / "catalogue.db"}});
  pipeline::SeparateStageOptions stage;
  stage.device = options.device;
  stage.threads = options.threads;
  stage.page = options.report;
  stage.page_clips = options.report_clips;
  stage.record = options_json(options);
  const Project project = load_project(dir);
  if (!options.shard.empty()) {
    return run_shard(dir, "separate", options.shard, [&](corpus::ShardRun& run) {
      pipeline::run_separate_shard(project, run, {options.device, options.threads});
    });
  }
  const ProjectLock lock(dir, "pupil separate");
  corpus::Catalogue catalogue = corpus::Catalogue::open(dir);
  const pipeline::SeparateStageReport report =
      pipeline::run_separate_stage(project, catalogue, corpus::Store(dir), stage);
  if (project.separate.mode == "off") return 0;
  const std::string text = options.json ? pipeline::separate_report_json(report).dump(2) + "\n"
                                        : pipeline::separate_report_text(report);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace

int run_separate(const Command& command, Arguments arguments) {
  SeparateOptions options = parse_options<SeparateOptions>(command, arguments);
  options.check();
  if (options.is_stage()) return separate_project(options);
  nn::set_thread_count(static_cast<std::int32_t>(options.threads));
  const Json json = separate_file(options);
  options.json ? void(std::printf("%s\n", json.dump(2).c_str())) : print_file_summary(json);
  return 0;
}

}  // namespace pupil::cli
