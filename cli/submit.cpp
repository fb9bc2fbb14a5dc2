// SPDX-License-Identifier: Apache-2.0
// pupil submit: collect, separate and label by shards, then the rest of pupil run; as processes here, or as jobs of Slurm.
// Everything is done by other commands (plan, STAGE --shard, merge, run): what this one adds is their order, so that it may be
// killed anywhere and started again.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/read_file.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "child.h"
#include "commands.h"
#include "corpus/shard_results.h"
#include "project/project_file.h"
#include "slurm_jobs.h"

namespace pupil::cli {
namespace {

namespace fs = std::filesystem;

struct SubmitOptions {
  static constexpr std::string_view kDetails =
      "Walks all stages as pupil run does; collect, separate and label, as far as something is pending, by N shards, each a\n"
      "process with files of its own (pupil plan). The result is that of pupil run, whatever N.\n"
      "  --local N   N processes on this machine (default: one a processor)\n"
      "  --slurm     an array job a stage, each after the one before; failed shards alone are done again; needs DIR on a\n"
      "              file system that all nodes share\n"
      "Logs are in DIR/submit, one a shard. pupil status DIR --watch shows how far it is. After a failure the same command\n"
      "goes on with what is not done.";

  std::string dir;
  std::int64_t local = 0;
  bool slurm = false;
  std::int64_t shards = 0;
  std::int64_t nodes = 0;
  std::int64_t cpus = 0;
  std::int64_t gpus = 0;
  std::string partition;
  std::string time_limit;
  std::int64_t retries = 1;
  std::string until;
  bool dry_run = false;

  template <typename Visitor>
  void visit(Visitor& v) {
    v.positional("DIR", dir, "the project's folder");
    v.value("--local", "N", local, Range{0, 1024}, "processes here; 0: one a processor");
    v.flag("--slurm", slurm, "jobs of Slurm instead");
    v.value("--shards", "N", shards, Range{0, 4096},
            "parts of a stage; 0: as many as processes (--slurm: nodes, or 4)");
    v.value("--nodes", "N", nodes, Range{0, 4096},
            "--slurm: at most so many shards at the same time; 0: as there is room");
    v.value("--cpus", "N", cpus, Range{0, 1024}, "--slurm: processors of a task; 0: Slurm's default");
    v.value("--gpus", "N", gpus, Range{0, 64}, "--slurm: GPUs of a task that separates, labels or trains");
    v.value("--partition", "NAME", partition, "--slurm: where jobs go");
    v.value("--time", "LIMIT", time_limit, "--slurm: of a job, as sbatch reads it");
    v.value("--retries", "N", retries, Range{0, 20}, "how often failed shards are done again");
    v.value("--until", "STAGE", until, "end with this stage (pupil run --until)");
    v.flag("--dry-run", dry_run, "only print what would be started");
  }

  void check() const {
    if (slurm && local > 0) throw UsageError("either --local or --slurm");
    if (!slurm && (nodes > 0 || cpus > 0 || gpus > 0 || !partition.empty() || !time_limit.empty()))
      throw UsageError("--nodes, --cpus, --gpus, --partition and --time go with --slurm");
  }
};

constexpr std::string_view kSharded[] = {"collect", "separate", "label"};
constexpr std::string_view kOthers[] = {"train", "quantise", "export", "evaluate"};

// What is to be walked: stages by shard, then the rest of pupil run (its words; none: nothing).
struct Way {
  std::vector<std::string> stages;
  std::vector<std::string> last_words;
  std::int64_t shards = 0;
  std::vector<std::int64_t> unfinished;  // of an open plan; empty: all
};

std::vector<std::int64_t> unfinished_shards(const fs::path& dir, const corpus::ShardPlan& plan) {
  std::vector<std::int64_t> unfinished;
  for (const corpus::ShardState& state : corpus::read_shard_states(dir, plan)) {
    if (state.kind != corpus::ShardState::Kind::done) unfinished.push_back(state.index);
  }
  return unfinished;
}

Way find_way(const SubmitOptions& options, const Project& project, std::int64_t shards) {
  Way way;
  way.shards = shards;
  bool ended = false;
  for (const std::string_view stage : kSharded) {
    if (ended) break;
    if (stage != "separate" || project.separate.mode != "off") way.stages.emplace_back(stage);
    ended = options.until == stage;
  }
  if (!ended) {
    if (!options.until.empty() && std::ranges::find(kOthers, options.until) == std::end(kOthers))
      throw UsageError(
          concat("--until '", options.until,
                 "': no such stage (collect, separate, label, train, quantise, export, evaluate)"));
    way.last_words = {"--from", "label"};
    if (!options.until.empty()) way.last_words.insert(way.last_words.end(), {"--until", options.until});
  }
  if (!corpus::has_plan(options.dir)) return way;
  const corpus::ShardPlan open = corpus::read_plan(options.dir);
  if (open.merged) return way;
  corpus::check_plan(options.dir, open);
  const auto at = std::ranges::find(way.stages, open.stage);
  if (at == way.stages.end()) {
    throw Error(concat(options.dir, ": the plan of ", open.stage, " is not merged: pupil merge ", options.dir,
                       ", or pupil plan ", options.dir, " --discard"));
  }
  way.stages.erase(way.stages.begin(), at);
  way.shards = open.shard_count();
  way.unfinished = unfinished_shards(options.dir, open);
  return way;
}

std::string line_of(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    const bool plain =
        word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:") ==
        std::string::npos;
    line += concat(line.empty() ? "" : " ", plain ? word : shell_quoted(word));
  }
  return line;
}

// ---- here

// Error: it did not end well; it has said why.
void run_here(const std::vector<std::string>& words) {
  const pid_t child = start_child(words);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw Error(concat("stopped by: ", line_of(words)));
}

std::string last_line(const fs::path& log) {
  std::string text = read_text(log);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text.substr(text.find_last_of("\n\r") + 1);
}

class LocalShards {
 public:
  LocalShards(std::string program, const SubmitOptions& options, std::int64_t at_once)
      : program_(std::move(program)), options_(options), at_once_(at_once) {}

  void run(const std::string& stage, std::int64_t shards) {
    run_here({program_, "plan", options_.dir, stage, "--shards", concat(shards)});
    const corpus::ShardPlan plan = corpus::read_plan(options_.dir);
    Progress progress(concat(stage, " by ", shards, " shards"), plan.item_count(), "items");
    std::vector<std::int64_t> left = unfinished_shards(options_.dir, plan);
    for (std::int64_t attempt = 0; !left.empty(); ++attempt) {
      if (attempt > options_.retries) throw_failed(stage, shards, left);
      if (attempt > 0)
        log_info(concat(stage, ": ", left.size(), " of ", shards, " shards failed and are done again"));
      run_all(stage, plan, left, progress);
      left = unfinished_shards(options_.dir, plan);
    }
    advance_to(plan, progress);
    progress.finish();
    run_here({program_, "merge", options_.dir});
  }

 private:
  std::vector<std::string> shard_words(const std::string& stage, std::int64_t shard,
                                       std::int64_t shards) const {
    const auto processors = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
    return {program_,
            stage,
            options_.dir,
            "--shard",
            concat(shard, "/", shards),
            "--threads",
            concat(std::max<std::int64_t>(1, processors / at_once_))};
  }

  fs::path log_of(const std::string& stage, std::int64_t shard) const {
    return fs::path(options_.dir) / "submit" / concat(stage, "-", shard, ".log");
  }

  void run_all(const std::string& stage, const corpus::ShardPlan& plan,
               const std::vector<std::int64_t>& shards, Progress& progress) {
    std::size_t next = 0;
    std::int64_t running = 0;
    while (next < shards.size() || running > 0) {
      while (next < shards.size() && running < at_once_) {
        start_child(shard_words(stage, shards[next], plan.shard_count()), log_of(stage, shards[next]));
        ++next;
        ++running;
      }
      while (waitpid(-1, nullptr, WNOHANG) > 0) --running;
      advance_to(plan, progress);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  void advance_to(const corpus::ShardPlan& plan, Progress& progress) const {
    std::int64_t done = 0;
    for (const corpus::ShardState& state : corpus::read_shard_states(options_.dir, plan))
      done += state.done_count;
    // A shard that was started again counts from its beginning.
    if (done > progress.done()) progress.advance(done - progress.done());
  }

  [[noreturn]] void throw_failed(const std::string& stage, std::int64_t shards,
                                 const std::vector<std::int64_t>& left) const {
    const fs::path log = log_of(stage, left.front());
    throw Error(concat(stage, ": ", left.size(), " of ", shards, " shards failed, the first of them ",
                       corpus::shard_name(left.front(), shards), ": ", last_line(log), " (", log.string(),
                       ")"));
  }

  const std::string program_;
  const SubmitOptions& options_;
  const std::int64_t at_once_;
};

int submit_here(const SubmitOptions& options, const Project& project) {
  const auto processors = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  const std::int64_t at_once = options.local > 0 ? options.local : processors;
  const Way way = find_way(options, project, options.shards > 0 ? options.shards : at_once);
  const std::string program = own_program();
  std::vector<std::string> last = {program, "run", options.dir};
  last.insert(last.end(), way.last_words.begin(), way.last_words.end());
  if (options.dry_run) {
    for (const std::string& stage : way.stages) {
      std::printf("%s\n",
                  line_of({program, "plan", options.dir, stage, "--shards", concat(way.shards)}).c_str());
      for (std::int64_t i = 0; i < way.shards; ++i)
        std::printf("%s &\n",
                    line_of({program, stage, options.dir, "--shard", concat(i, "/", way.shards)}).c_str());
      std::printf("wait; %s\n", line_of({program, "merge", options.dir}).c_str());
    }
    if (!way.last_words.empty()) std::printf("%s\n", line_of(last).c_str());
    return 0;
  }
  make_folders(fs::path(options.dir) / "submit");
  LocalShards local(program, options, at_once);
  std::int64_t shards = way.shards;
  for (const std::string& stage : way.stages) {
    local.run(stage, shards);
    shards = options.shards > 0 ? options.shards : at_once;  // an open plan had its own
  }
  if (!way.last_words.empty()) run_here(last);
  return 0;
}

// ---- Slurm

// Standard output of a command line; Error with its message where it fails.
std::string output_of(const std::string& line) {
  std::FILE* pipe = popen((line + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw Error(concat(line, ": ", std::strerror(errno)));
  std::string text;
  char piece[512];
  while (const std::size_t count = std::fread(piece, 1, sizeof piece, pipe)) text.append(piece, count);
  const int status = pclose(pipe);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw Error(concat(line, ": ", text));
  return text;
}

// "afterok:@label" with the ids of the jobs that were submitted before.
std::string with_ids(const std::string& after, const std::map<std::string, std::string>& ids) {
  std::string text;
  for (std::size_t at = 0; at < after.size();) {
    if (after[at] != '@') {
      text += after[at++];
      continue;
    }
    const std::size_t end = std::min(after.find_first_of("?,", at), after.size());
    const std::string name = after.substr(at + 1, end - at - 1);
    const auto known = ids.find(name);
    text += known != ids.end() ? known->second : concat("$", name);
    at = end;
  }
  return text;
}

std::string sbatch_line(const SlurmJob& job, const fs::path& script,
                        const std::map<std::string, std::string>& ids) {
  const std::string after = with_ids(job.after, ids);
  return concat(
      "sbatch --parsable",
      after.empty() ? std::string() : concat(" --kill-on-invalid-dep=yes --dependency='", after, "'"), " ",
      shell_quoted(script.string()));
}

fs::path jobs_file(const SubmitOptions& options) {
  return fs::path(options.dir) / "submit" / "jobs.json";
}

// Two submissions at the same time would do the same work and merge into one another.
void check_no_jobs(const SubmitOptions& options) {
  if (!fs::exists(jobs_file(options))) return;
  std::string ids;
  const Json jobs = read_json(jobs_file(options));
  for (const auto& [name, id] : jobs.as_object()) ids += concat(ids.empty() ? "" : ",", id.as_string());
  std::string waiting;
  try {
    waiting = output_of(concat("squeue --noheader --format=%i --jobs=", ids));
  } catch (const Error&) {  // ids that Slurm has forgotten
  }
  if (waiting.empty()) return;
  std::ranges::replace(waiting, '\n', ' ');
  throw Error(concat(options.dir, ": jobs of an earlier submit are still there (", waiting,
                     "): wait for them, or scancel ", waiting));
}

int submit_to_slurm(const SubmitOptions& options, const Project& project) {
  SlurmOptions slurm;
  slurm.program = own_program();
  slurm.dir = fs::canonical(options.dir);
  slurm.at_once = options.nodes;
  slurm.cpus = options.cpus;
  slurm.gpus = options.gpus;
  slurm.partition = options.partition;
  slurm.time_limit = options.time_limit;
  slurm.retries = options.retries;
  const Way way = find_way(options, project,
                           options.shards > 0  ? options.shards
                           : options.nodes > 0 ? options.nodes
                                               : 4);
  slurm.shards = way.shards;
  slurm.unfinished = way.unfinished;
  const std::vector<SlurmJob> jobs = slurm_jobs(slurm, way.stages, way.last_words);
  const fs::path folder = slurm.dir / "submit";
  std::map<std::string, std::string> ids;
  if (options.dry_run) {
    for (const SlurmJob& job : jobs) {
      const fs::path script = folder / (job.name + ".sh");
      std::printf("# %s\n%s# %s=$(%s)\n\n", script.c_str(), job.script.c_str(), job.name.c_str(),
                  sbatch_line(job, script, ids).c_str());
    }
    return 0;
  }
  check_no_jobs(options);
  make_folders(folder);
  Json submitted{Json::Object()};
  try {
    for (const SlurmJob& job : jobs) {
      const fs::path script = folder / (job.name + ".sh");
      write_whole(script, job.script);
      std::string id = output_of(sbatch_line(job, script, ids));
      id = id.substr(0, id.find(';'));  // "id;cluster"
      ids[job.name] = id;
      submitted.set(job.name, id);
      write_whole(jobs_file(options), submitted.dump(2) + "\n");
      std::printf("%-18s job %s%s\n", job.name.c_str(), id.c_str(),
                  job.after.empty() ? "" : concat(", ", with_ids(job.after, ids)).c_str());
    }
  } catch (const Error&) {
    // Half a chain would wait for ever, or end where nobody expects it.
    for (const auto& [name, id] : ids) {
      try {
        output_of(concat("scancel ", id));
      } catch (const Error& error) {
        log_warning(error.what());
      }
    }
    throw;
  }
  std::printf("pupil status %s --watch shows how far it is; logs are in %s\n", options.dir.c_str(),
              folder.c_str());
  return 0;
}

}  // namespace

int run_submit(const Command& command, Arguments arguments) {
  const SubmitOptions options = parse_options<SubmitOptions>(command, arguments);
  options.check();
  const Project project = load_project(options.dir);
  return options.slurm ? submit_to_slurm(options, project) : submit_here(options, project);
}

}  // namespace pupil::cli
