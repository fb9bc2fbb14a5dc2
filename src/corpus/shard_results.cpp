// SPDX-License-Identifier: Apache-2.0
// 1. results.db is its shard's alone while it works, and never written again once done.json is there; its SHA-256 there tells
//    a merge that it has what the shard wrote, whole.
// 2. A result is keyed by what it is of (hashes, a path with size and time), never by a row of a catalogue.
// 3. Readers open results.db as a file that does not change: no lock, no shared memory, so any file system will do.

#include "corpus/shard_results.h"

#include <unistd.h>

#include <ctime>
#include <utility>

#include "base/error.h"
#include "base/file_system.h"
#include "base/sha256.h"
#include "base/temp_file.h"
#include "base/text.h"
#include "corpus/database.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

constexpr auto kCommitTime = std::chrono::seconds(1);
// A shard that has told nothing for so long is taken for dead: it tells something every second, but for one item that takes
// longer (a separated night does).
constexpr std::int64_t kSilentSeconds = 90;
// Connections of a merge to results of many shards: fewer than a process may have files.
constexpr std::size_t kMostOpen = 600;

fs::path results_path(const fs::path& folder) {
  return folder / "results.db";
}
fs::path done_path(const fs::path& folder) {
  return folder / "done.json";
}
fs::path progress_path(const fs::path& folder) {
  return folder / "progress.json";
}

ShardPlan planned(const fs::path& project_dir, std::string_view stage, const Shard& shard) {
  ShardPlan plan = read_plan(project_dir);
  const std::string other =
      concat("; pupil plan ", project_dir.string(), " ", stage, " --shards ", shard.count);
  if (plan.stage != stage)
    throw Error(concat(project_dir.string(), ": the plan is of ", plan.stage, ", not of ", stage, other));
  if (plan.merged)
    throw Error(concat(project_dir.string(), ": the plan of ", stage, " is merged already", other));
  if (plan.shard_count() != shard.count) {
    throw Error(concat(project_dir.string(), ": ", stage, " is planned for ", plan.shard_count(),
                       " shards, not for ", shard.count));
  }
  check_plan(project_dir, plan);
  return plan;
}

// What is wrong with a shard that should be done; empty: nothing.
std::string problem_of(const fs::path& folder, const ShardPlan& plan) {
  if (!fs::exists(done_path(folder)))
    return fs::exists(results_path(folder)) ? "is half done" : "was not started";
  const Json done = read_json(done_path(folder));
  if (done.at("plan").as_string() != plan.id) return "is of another plan";
  std::error_code absent;
  const auto bytes = fs::file_size(results_path(folder), absent);
  if (absent) return "has lost its results.db";
  if (static_cast<std::int64_t>(bytes) != done.at("bytes").as_int() ||
      sha256_file(results_path(folder)) != done.at("sha256").as_string())
    return "has another results.db than it wrote";
  return {};
}

std::optional<ShardResult> find_result(Database& database, std::string_view key) {
  auto query = database.query("SELECT fields, bytes FROM results WHERE key = ?");
  if (!query.bind(key).step()) return std::nullopt;
  const auto bytes = query.blob(1);
  return ShardResult{parse_json(query.text(0)), {bytes.begin(), bytes.end()}};
}

std::int64_t now_s() {
  return static_cast<std::int64_t>(std::time(nullptr));
}

}  // namespace

ShardRun::ShardRun(const fs::path& project_dir, std::string_view stage, const Shard& shard)
    : project_dir_(project_dir),
      plan_(planned(project_dir, stage, shard)),
      shard_(shard),
      folder_([&] {
        make_folders(shard_folder(project_dir, shard.index));
        return shard_folder(project_dir, shard.index);
      }()),
      lock_(std::in_place, folder_, concat("pupil ", stage, " --shard ", shard.index, "/", shard.count)),
      store_(folder_),
      started_at_(utc_now()) {
  if (fs::exists(done_path(folder_))) {
    const std::string problem = problem_of(folder_, plan_);
    if (!problem.empty()) {
      throw Error(
          concat(folder_.string(), ": ", name(), " ", problem, "; remove the folder and run it again"));
    }
    return;
  }
  results_ = std::make_unique<Database>(results_path(folder_), DatabaseAccess::own);
  results_->execute(
      "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS plan(id TEXT NOT NULL);"
      " CREATE TABLE IF NOT EXISTS results(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, fields TEXT NOT NULL,"
      " bytes BLOB NOT NULL); COMMIT;");
  {
    auto query = results_->query("SELECT id FROM plan");
    if (!query.step()) {
      results_->query("INSERT INTO plan(id) VALUES (?)").bind(plan_.id).run();
    } else if (query.text(0) != plan_.id) {
      throw Error(
          concat(folder_.string(), ": ", name(), " is of another plan; remove the folder and run it again"));
    }
  }
  last_commit_ = std::chrono::steady_clock::now();
  write_progress();
}

ShardRun::~ShardRun() {
  // What is not committed is taken back with the connection: an Error may be why we are here.
  if (results_ && uncommitted_) sqlite3_exec(results_->connection(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void ShardRun::for_each_item(const std::function<void(const Json&)>& visit) const {
  corpus::for_each_item(project_dir_, plan_, shard_.index, visit);
}

bool ShardRun::contains(std::string_view key) {
  auto query = results_->query("SELECT 1 FROM results WHERE key = ?");
  return query.bind(key).step();
}

ShardResult ShardRun::get(std::string_view key) {
  auto found = find_result(*results_, key);
  if (!found) throw Error(concat(folder_.string(), ": ", name(), " has no result '", key, "'"));
  return std::move(*found);
}

void ShardRun::put(std::string_view key, const Json& fields, std::span<const std::byte> bytes) {
  if (!uncommitted_) results_->execute("BEGIN IMMEDIATE");
  uncommitted_ = true;
  results_
      ->query(
          "INSERT INTO results(key, fields, bytes) VALUES (?, ?, ?)"
          " ON CONFLICT DO UPDATE SET fields = excluded.fields, bytes = excluded.bytes")
      .bind(key)
      .bind(fields.dump())
      .bind_blob(bytes)
      .run();
}

void ShardRun::commit() {
  if (uncommitted_) results_->execute("COMMIT");
  uncommitted_ = false;
  last_commit_ = std::chrono::steady_clock::now();
}

void ShardRun::write_progress() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  Json json;
  json.set("done", done_);
  json.set("started_at", started_at_);
  json.set("told_s", now_s());
  json.set("host", std::string(host));
  json.set("process", static_cast<std::int64_t>(getpid()));
  write_whole(progress_path(folder_), json.dump() + "\n");
}

void ShardRun::advance(std::int64_t items) {
  done_ += items;
  if (std::chrono::steady_clock::now() - last_commit_ < kCommitTime) return;
  commit();
  write_progress();
}

void ShardRun::finish() {
  commit();
  std::int64_t count = 0;
  {
    auto query = results_->query("SELECT count(*) FROM results");
    query.step();
    count = query.integer(0);
  }
  results_.reset();
  done_ = item_count();
  write_progress();
  Json json;
  json.set("plan", plan_.id);
  json.set("results", count);
  json.set("bytes", static_cast<std::int64_t>(fs::file_size(results_path(folder_))));
  json.set("sha256", sha256_file(results_path(folder_)));
  json.set("revision", plan_.revision);
  json.set("ended_at", utc_now());
  write_whole(done_path(folder_), json.dump(2) + "\n");
}

ShardResults::ShardResults(fs::path project_dir, ShardPlan plan)
    : project_dir_(std::move(project_dir)), plan_(std::move(plan)) {
  constexpr int kNamed = 5;
  int count = 0;
  std::string text;
  std::string first;
  for (std::int64_t i = 0; i < plan_.shard_count(); ++i) {
    const std::string problem = problem_of(shard_folder(project_dir_, i), plan_);
    if (problem.empty()) continue;
    if (++count > kNamed) continue;
    text += concat(count == 1 ? "" : ", ", shard_name(i, plan_.shard_count()), " ", problem);
    if (first.empty()) {
      const bool begun = problem.starts_with("was") || problem.starts_with("is half");
      first = begun ? concat("pupil ", plan_.stage, " ", project_dir_.string(), " --shard ", i, "/",
                             plan_.shard_count())
                    : concat("remove ", shard_folder(project_dir_, i).string(), " and run it again");
    }
  }
  if (count > kNamed) text += concat(" and ", count - kNamed, " more");
  if (count > 0) throw Error(concat(project_dir_.string(), ": ", plan_.stage, ": ", text, ": ", first));
}

ShardResults::~ShardResults() = default;

// A connection is its thread's (database.h).
Database& ShardResults::open(std::int64_t shard) const {
  const std::pair key{std::this_thread::get_id(), shard};
  {
    const std::lock_guard lock(mutex_);
    const auto found = databases_.find(key);
    if (found != databases_.end()) return *found->second;
    if (databases_.size() >= kMostOpen)
      std::erase_if(databases_, [&](const auto& one) { return one.first.first == key.first; });
  }
  auto database =
      std::make_unique<Database>(results_path(shard_folder(project_dir_, shard)), DatabaseAccess::read);
  database->execute("PRAGMA cache_size = -1024;");
  const std::lock_guard lock(mutex_);
  return *databases_.emplace(key, std::move(database)).first->second;
}

std::optional<ShardResult> ShardResults::find(std::string_view shard_key, std::string_view key) const {
  return find_result(open(shard_of(shard_key, plan_.shard_count())), key);
}

fs::path ShardResults::link_audio(std::string_view shard_key, const std::string& hash,
                                  std::int64_t size_bytes, const Store& into) const {
  const std::int64_t shard = shard_of(shard_key, plan_.shard_count());
  const fs::path from = stored_audio_path(shard_folder(project_dir_, shard), hash);
  if (!is_whole_audio(from, size_bytes)) {
    throw Error(concat(from.string(), ": lost or torn: remove ", shard_folder(project_dir_, shard).string(),
                       " and run ", shard_name(shard, plan_.shard_count()), " again"));
  }
  std::int64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = link_count_++;
  }
  const fs::path to = into.temporary_folder() / concat("shard-", number, ".flac");
  std::error_code refused;
  fs::create_hard_link(from, to, refused);
  if (refused) copy_whole_file(from, to);
  return to;
}

std::vector<ShardState> read_shard_states(const fs::path& project_dir, const ShardPlan& plan) {
  std::vector<ShardState> states;
  for (std::int64_t i = 0; i < plan.shard_count(); ++i) {
    ShardState state;
    state.index = i;
    state.item_count = plan.item_counts[static_cast<std::size_t>(i)];
    const fs::path folder = shard_folder(project_dir, i);
    if (fs::exists(progress_path(folder))) {
      const Json json = read_json(progress_path(folder));
      state.done_count = json.at("done").as_int();
      state.host = concat(json.at("host").as_string(), ", process ", json.at("process").as_int());
      const std::int64_t silent_s = now_s() - json.at("told_s").as_int();
      state.kind = silent_s > kSilentSeconds ? ShardState::Kind::silent : ShardState::Kind::running;
    }
    if (plan.merged || fs::exists(done_path(folder))) {
      state.kind = ShardState::Kind::done;
      state.done_count = state.item_count;
    }
    states.push_back(state);
  }
  return states;
}

std::string_view shard_state_name(ShardState::Kind kind) {
  switch (kind) {
    case ShardState::Kind::waiting: return "waiting";
    case ShardState::Kind::running: return "running";
    case ShardState::Kind::silent: return "silent";
    case ShardState::Kind::done: return "done";
  }
  return "";
}

}  // namespace pupil::corpus
