// SPDX-License-Identifier: Apache-2.0
// separate by shard: shards separate clips and judge their views; run_separate_stage() puts the results into the catalogue.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "corpus/catalogue.h"
#include "corpus/judgements.h"
#include "corpus/shard_plan.h"
#include "corpus/shard_results.h"
#include "pipeline/clip_separation.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// How many clips that wait are read from the catalogue at once.
inline constexpr std::int64_t kPageClips = 64;

struct SeparateShardOptions {
  std::string device = "auto";
  std::int64_t threads = 0;  ///< clips at the same time; 0: all processors
};

/// Plans to separate what run_separate_stage() would. Error: [separate] mode = "off", no such model.
corpus::ShardPlan plan_separate(const Project& project, corpus::Catalogue& catalogue, std::int64_t shards);

/// Separates and judges one shard's part, as far as it has not. Where the teacher cannot be loaded nothing is judged, and that is
/// said. Error: no such separator, or with other weights than planned; a full disk.
void run_separate_shard(const Project& project, corpus::ShardRun& run, const SeparateShardOptions& options);

/// What a shard made of the clip of this hash under the separate link of that; its audio is brought into `store`. None: it was
/// not planned.
std::optional<ClipSeparation> find_separation(const corpus::ShardResults& results,
                                              const std::string& separate_hash, const std::string& clip_hash,
                                              const corpus::Store& store);

/// What a shard's teacher made of a view under the judge link of this hash; none: nothing.
std::optional<corpus::Judgement> find_judgement(const corpus::ShardResults& results,
                                                const std::string& judge_hash, const std::string& clip_hash,
                                                const corpus::View& view);

}  // namespace pupil::pipeline
