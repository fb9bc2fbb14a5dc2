// SPDX-License-Identifier: Apache-2.0
#include "launcher.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "options.h"

namespace pupil::cli {
std::optional<std::int64_t> number_of_environment(const char* name) {
  const std::string text = environment(name);
  if (text.empty()) return std::nullopt;
  return read_integer(name, text, Range{0, 1e9});
}

// Several processes started by srun or mpirun: those names alone count. Slurm sets SLURM_PROCID in a batch script too, whose
// one process is no rank.
std::optional<corpus::Shard> launched_place() {
  for (const auto& [rank, size] : {std::pair{"PUPIL_RANK", "PUPIL_SIZE"},
                                   {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                   {"PMI_RANK", "PMI_SIZE"},
                                   {"SLURM_PROCID", "SLURM_NTASKS"}}) {
    const auto index = number_of_environment(rank);
    const auto count = number_of_environment(size);
    const bool batch_script =
        std::string_view(rank) == "SLURM_PROCID" && environment("SLURM_STEP_ID").empty();
    if (!index || !count || batch_script) continue;
    if (*index >= *count)
      throw UsageError(concat("the launcher says ", rank, "=", *index, " of ", size, "=", *count));
    return corpus::Shard{*index, *count};
  }
  return std::nullopt;
}

std::string launched_name() {
  if (const std::string name = environment("PUPIL_MEETING"); !name.empty()) return name;
  if (const std::string job = environment("SLURM_JOB_ID"); !job.empty())
    return concat("slurm-", job, ".", environment("SLURM_STEP_ID"), ".", environment("SLURM_RESTART_COUNT"));
  if (std::string space = environment("PMIX_NAMESPACE"); !space.empty()) {
    std::ranges::replace_if(
        space, [](unsigned char c) { return std::isalnum(c) == 0; }, '-');
    return concat("pmix-", space);
  }
  throw UsageError(
      "the launcher names no job: set PUPIL_MEETING to a word, the same for all processes and new for every start");
}

}  // namespace pupil::cli
