// SPDX-License-Identifier: Apache-2.0
// A shard that fails must not stop the others, and must be done again without them: Slurm starts STAGE-retry-1 when any task of
// STAGE has failed (afternotok) and drops it when none has (--kill-on-invalid-dep); STAGE-merge waits for whichever of them ends
// well. So nothing has to be submitted from a node, which many clusters do not allow.

#include "slurm_jobs.h"

#include "base/text.h"

namespace pupil::cli {
namespace {

std::string head(const SlurmOptions& options, const std::string& name, const std::string& log) {
  std::string text = concat("#!/bin/sh\n#SBATCH --job-name=pupil-", name,
                            "\n#SBATCH --output=", (options.dir / "submit" / log).string(),
                            "\n#SBATCH --open-mode=append\n");
  if (!options.partition.empty()) text += concat("#SBATCH --partition=", options.partition, "\n");
  if (!options.time_limit.empty()) text += concat("#SBATCH --time=", options.time_limit, "\n");
  if (options.cpus > 0) text += concat("#SBATCH --cpus-per-task=", options.cpus, "\n");
  return text;
}

std::string gpu_line(const SlurmOptions& options) {
  return options.gpus > 0 ? concat("#SBATCH --gres=gpu:", options.gpus, "\n") : std::string();
}

// What the batch script runs; the shell becomes it, so that a signal reaches it.
std::string command(const SlurmOptions& options, std::string_view words) {
  return concat(shell_quoted(options.program), " ", words);
}

// The processors that Slurm gave the task.
constexpr std::string_view kThreads = " --threads \"${SLURM_CPUS_ON_NODE:-1}\"";

std::string array_script(const SlurmOptions& options, const std::string& stage, const std::string& name,
                         const std::vector<std::int64_t>& unfinished) {
  std::string tasks;
  for (const std::int64_t shard : unfinished) tasks += concat(tasks.empty() ? "" : ",", shard);
  if (tasks.empty()) tasks = concat("0-", options.shards - 1);
  if (options.at_once > 0) tasks += concat("%", options.at_once);
  return concat(head(options, name, concat(stage, "-%a.log")), stage == "collect" ? "" : gpu_line(options),
                "#SBATCH --array=", tasks, "\nexec ",
                command(options, concat(stage, " ", shell_quoted(options.dir.string()),
                                        " --shard \"$SLURM_ARRAY_TASK_ID/", options.shards, "\"", kThreads)),
                "\n");
}

std::string plan_command(const SlurmOptions& options, const std::string& stage) {
  return command(
      options, concat("plan ", shell_quoted(options.dir.string()), " ", stage, " --shards ", options.shards));
}

}  // namespace

std::string shell_quoted(std::string_view word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::vector<SlurmJob> slurm_jobs(const SlurmOptions& options, const std::vector<std::string>& stages,
                                 const std::vector<std::string>& last_words) {
  std::vector<SlurmJob> jobs;
  std::string before;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const std::string& stage = stages[i];
    if (i == 0) {
      before = concat(stage, "-plan");
      jobs.push_back({before,
                      concat(head(options, before, "jobs.log"), "exec ", plan_command(options, stage), "\n"),
                      ""});
    }
    std::string any_attempt;
    for (std::int64_t attempt = 0; attempt <= options.retries; ++attempt) {
      const std::string name = attempt == 0 ? stage : concat(stage, "-retry-", attempt);
      const auto unfinished = i == 0 && attempt == 0 ? options.unfinished : std::vector<std::int64_t>{};
      jobs.push_back({name, array_script(options, stage, name, unfinished),
                      concat(attempt == 0 ? "afterok:@" : "afternotok:@", before)});
      before = name;
      any_attempt += concat(any_attempt.empty() ? "" : "?", "afterok:@", name);
    }
    const std::string merge = concat(stage, "-merge");
    std::string script =
        concat(head(options, merge, "jobs.log"), stage == "collect" ? "" : gpu_line(options), "set -e\n",
               command(options, concat("merge ", shell_quoted(options.dir.string()), kThreads)), "\n");
    if (i + 1 < stages.size()) script += plan_command(options, stages[i + 1]) + "\n";
    jobs.push_back({merge, script, any_attempt});
    before = merge;
  }
  if (!last_words.empty()) {
    std::string words = concat("run ", shell_quoted(options.dir.string()), kThreads);
    for (const std::string& word : last_words) words += concat(" ", word);
    jobs.push_back(
        {"run",
         concat(head(options, "run", "jobs.log"), gpu_line(options), "exec ", command(options, words), "\n"),
         before.empty() ? "" : concat("afterok:@", before)});
  }
  return jobs;
}

}  // namespace pupil::cli
