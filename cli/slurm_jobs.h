// SPDX-License-Identifier: Apache-2.0
// What `pupil submit --slurm` hands to sbatch: one batch script a job, and what each waits for.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::cli {

struct SlurmOptions {
  std::string program;        ///< absolute path of `pupil`
  std::filesystem::path dir;  ///< absolute path of the project
  std::int64_t shards = 4;
  std::int64_t at_once = 0;  ///< shards that run at the same time; 0: as many as there is room for
  std::int64_t cpus = 0;     ///< of a task; 0: Slurm's default
  std::int64_t gpus = 0;     ///< of a task that separates or labels
  std::string partition;     ///< empty: Slurm's default
  std::string time_limit;    ///< as sbatch --time reads it; empty: the partition's
  std::int64_t retries = 1;
  std::vector<std::int64_t> unfinished;  ///< shards of the first stage that are not done; empty: all
};

/// One job. `after` names jobs that come before it in the list; "" is none.
struct SlurmJob {
  std::string name;    ///< "label", "label-retry-1", "label-merge"
  std::string script;  ///< whole text
  std::string
      after;  ///< sbatch --dependency, with names in place of ids: "afterok:@collect?afterok:@collect-retry-1"
};

/// The jobs of `stages` (of collect, separate, label), in the order in which they are to be submitted:
///
///   STAGE-plan for the first; then for each stage an array STAGE, arrays STAGE-retry-N that start where one before has failed (shards
///   that are done end at once), STAGE-merge, which plans the next stage; last, where `last_words` is not empty, `pupil run DIR` with them.
std::vector<SlurmJob> slurm_jobs(const SlurmOptions& options, const std::vector<std::string>& stages,
                                 const std::vector<std::string>& last_words);

/// `word` for a POSIX shell, in quotes.
std::string shell_quoted(std::string_view word);

}  // namespace pupil::cli
