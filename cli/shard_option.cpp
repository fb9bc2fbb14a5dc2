// SPDX-License-Identifier: Apache-2.0
#include "shard_option.h"

#include <charconv>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "launcher.h"
#include "options.h"

namespace pupil::cli {
namespace {

corpus::Shard task_of_array() {
  const auto task = number_of_environment("SLURM_ARRAY_TASK_ID");
  if (!task) return {};
  const auto count = number_of_environment("SLURM_ARRAY_TASK_COUNT");
  const auto last = number_of_environment("SLURM_ARRAY_TASK_MAX");
  if (!count || !last || *last + 1 != *count) {
    throw UsageError(
        "--shard auto: the array is not 0-(N-1); name the shard: --shard \"$SLURM_ARRAY_TASK_ID/N\"");
  }
  return {*task, *count};
}

corpus::Shard launched_shard() {
  const auto place = launched_place();
  const corpus::Shard task = task_of_array();
  if (!place && !number_of_environment("SLURM_ARRAY_TASK_ID")) {
    throw UsageError(
        "--shard auto: no launcher has set OMPI_COMM_WORLD_RANK, PMI_RANK, SLURM_PROCID or SLURM_ARRAY_TASK_ID");
  }
  const corpus::Shard rank = place.value_or(corpus::Shard());
  return {task.index * rank.count + rank.index, task.count * rank.count};
}

}  // namespace

corpus::Shard read_shard(const std::string& text) {
  if (text == "auto") return launched_shard();
  corpus::Shard shard;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  if (index.ec == std::errc() && index.ptr != end && *index.ptr == '/') {
    const auto count = std::from_chars(index.ptr + 1, end, shard.count);
    if (count.ec == std::errc() && count.ptr == end && shard.index >= 0 && shard.index < shard.count)
      return shard;
  }
  throw UsageError(concat("--shard: expected I/N with 0 <= I < N, or auto, found '", text, "'"));
}

int run_shard(const std::string& dir, const char* stage, const std::string& shard,
              const std::function<void(corpus::ShardRun&)>& work) {
  corpus::ShardRun run(dir, stage, read_shard(shard));
  const bool was_finished = run.is_finished();
  if (!was_finished) work(run);
  std::printf("%s of %s: %s%s items\n", run.name().c_str(), stage, was_finished ? "done before, " : "",
              with_thousands(run.item_count()).c_str());
  return 0;
}

}  // namespace pupil::cli
