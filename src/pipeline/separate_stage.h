// SPDX-License-Identifier: Apache-2.0
// The separation stage: every clip of a project, asked for the sound of every class, as a second view beside
// the original. It joins the catalogue (src/corpus) with the separator (src/separator), which do not know
// each other.
//
// A clip's audio files are in the store before the catalogue names them, and all its views are committed in
// one transaction: stopped anywhere (kill -9 included), the stage goes on with the first clip that is not
// done.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "corpus/catalogue.h"
#include "corpus/scores.h"
#include "corpus/shard_results.h"
#include "corpus/store.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// What one run did.
struct SeparateStageReport {
  std::int64_t clip_count = 0;
  std::int64_t skipped_count = 0;
  std::int64_t good_count = 0;
  std::int64_t silent_count = 0;
  std::int64_t destroyed_count = 0;
  double duration_s = 0;  ///< of the views made
  std::size_t query_count = 0;
  std::vector<corpus::SkipCount> skips;  ///< of all runs
};

/// How the stage runs; what it makes stands in [separate].
struct SeparateStageOptions {
  std::string device = "auto";
  std::int64_t threads = 0;                       ///< clips at the same time; 0: all processors
  const corpus::ShardResults* results = nullptr;  ///< what shards have made (separate_shard.h); null: nothing
  std::filesystem::path page;  ///< where a page with the first clips' views goes; empty: none
  std::int64_t page_clips = 20;
  Json record;  ///< the options as the run record will show them
};

/// Separates what is pending. Error: no such model, no class to ask for, a full disk...; what was committed
/// until then stays. Nothing to do where [separate] mode is "off".
SeparateStageReport run_separate_stage(const Project& project, corpus::Catalogue& catalogue,
                                       const corpus::Store& store, const SeparateStageOptions& options);

/// What the stage would find to do.
struct SeparateForecast {
  std::int64_t clip_count = 0;  ///< pending
  double duration_s = 0;        ///< of views to make: the clips' for every query
  std::size_t query_count = 0;
  std::int64_t unjudged_count = 0;  ///< views that the present teacher has not judged by the present prompts
  std::string kind;                 ///< of work, for measured_rate()
  std::string reason;               ///< why there is something to do
};

/// Writes nothing. Error: no such model.
SeparateForecast forecast_separation(const Project& project, corpus::Catalogue& catalogue);

/// For standard output.
Json separate_report_json(const SeparateStageReport& report);
std::string separate_report_text(const SeparateStageReport& report);

}  // namespace pupil::pipeline
