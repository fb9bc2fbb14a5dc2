// SPDX-License-Identifier: Apache-2.0
// --shard I/N, common to the stages.

#pragma once

#include <functional>
#include <string>

#include "corpus/catalogue.h"
#include "corpus/shard_results.h"

namespace pupil::cli {

inline constexpr const char* kShardHelp =
    "do part I (from 0) of the N that pupil plan has made; auto: the launcher's (Slurm, mpirun)";

/// "2/8" -> index 2 of 8. "auto" -> the process's place among those that a launcher started: ranks of mpirun or srun, tasks of a
/// Slurm array, or both. UsageError: neither, or no launcher.
corpus::Shard read_shard(const std::string& text);

/// Does one shard's part of `stage` and prints what came of it.
int run_shard(const std::string& dir, const char* stage, const std::string& shard,
              const std::function<void(corpus::ShardRun&)>& work);

}  // namespace pupil::cli
