// SPDX-License-Identifier: Apache-2.0
// collect by shard: shards decode, measure and encode files (intake.h); collect() then decides as ever what becomes a clip.

#pragma once

#include <cstdint>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/collect.h"
#include "corpus/shard_plan.h"
#include "corpus/shard_results.h"
#include "corpus/sources.h"

namespace pupil::corpus {

/// Plans to take in what collect() would: new and changed files. Writes nothing into the catalogue.
ShardPlan plan_collect(Catalogue& catalogue, const std::vector<Source>& sources,
                       const CollectOptions& options, std::int64_t shards);

/// Takes in the files of one shard, as far as it has not.
void run_collect_shard(ShardRun& run, const CollectOptions& options);

/// For CollectOptions::known_intake: what the shards have taken in. A file that has changed since, or was not planned, is not
/// known. `results` and `store` must outlive it.
KnownIntake known_intakes(const ShardResults& results, const Store& store,
                          const std::filesystem::path& project_dir);

}  // namespace pupil::corpus
