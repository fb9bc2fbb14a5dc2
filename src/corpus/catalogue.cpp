// SPDX-License-Identifier: Apache-2.0
// Opening, transactions, configurations, runs; docs/catalogue.md has the tables.
//
// 1. configs.used counts calls of configure() that changed something: "latest" is the highest, and no clock
//    is asked.
// 2. A result belongs to a configuration by ON DELETE CASCADE: forgetting one is a single statement.
// 3. A transaction takes the write lock when it begins. Taken at the first write it could come too late:
//    where another process has written since this one read, SQLite refuses at once instead of waiting.
// 4. Looking opens for writing where that is possible, with query_only: only so can SQLite replay a log that
//    a killed process left, and only so can an older catalogue be migrated.

#include "corpus/catalogue.h"

#include <chrono>
#include <ctime>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/writable.h"
#include "corpus/database.h"
#include "corpus/rows.h"
#include "corpus/schema.h"

namespace pupil::corpus {
namespace {

constexpr const char* kFileName = "catalogue.db";

// The catalogue's path, when it is there.
std::filesystem::path find_file(const std::filesystem::path& project_dir) {
  const auto file = project_dir / kFileName;
  if (!std::filesystem::is_directory(project_dir)) throw Error(project_dir.string() + ": no such folder");
  if (!std::filesystem::exists(file))
    throw Error(file.string() + ": no catalogue yet; pupil collect makes it");
  return file;
}

std::unique_ptr<Database> open_database(const std::filesystem::path& file, DatabaseAccess access) {
  check_writable(file.parent_path().empty() ? "." : file.parent_path());
  if (std::filesystem::exists(file)) check_writable(file);
  auto database = std::make_unique<Database>(file, access);
  migrate(*database, file.string());
  return database;
}

std::unique_ptr<Database> open_database_to_look(const std::filesystem::path& file) {
  const bool writable =
      is_writable(file) && is_writable(file.parent_path().empty() ? "." : file.parent_path());
  if (writable) {
    auto database = open_database(file, DatabaseAccess::write);
    database->execute("PRAGMA query_only = ON");
    return database;
  }
  auto database = std::make_unique<Database>(file, DatabaseAccess::read);
  check_current(*database, file.string());
  return database;
}

StageConfig read_config(const Query& query) {
  StageConfig config;
  config.id = query.integer(0);
  config.stage = query.text(1);
  config.hash = query.text(2);
  config.text = query.text(3);
  return config;
}

std::string config_hash(std::string_view stage, std::string_view text) {
  return sha256_hex(concat(stage, "\n", text));
}

Run read_run(const Query& query) {
  Run run;
  run.id = query.integer(0);
  run.command = query.text(1);
  run.options_json = query.text(2);
  run.seed = static_cast<std::uint64_t>(query.integer(3));
  run.inputs_hash = query.text(4);
  run.revision = query.text(5);
  run.started_at = query.text(6);
  run.ended_at = query.text(7);
  run.outcome = query.text(8);
  run.summary_json = query.text(9);
  return run;
}

}  // namespace

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Catalogue::Catalogue(std::filesystem::path project_dir, std::unique_ptr<Database> database)
    : project_dir_(std::move(project_dir)), database_(std::move(database)) {}

Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;
Catalogue::~Catalogue() = default;

Catalogue Catalogue::create(const std::filesystem::path& project_dir) {
  if (!std::filesystem::is_directory(project_dir)) throw Error(project_dir.string() + ": no such folder");
  return Catalogue(project_dir, open_database(project_dir / kFileName, DatabaseAccess::create));
}

Catalogue Catalogue::open(const std::filesystem::path& project_dir) {
  return Catalogue(project_dir, open_database(find_file(project_dir), DatabaseAccess::write));
}

Catalogue Catalogue::open_to_look(const std::filesystem::path& project_dir) {
  return Catalogue(project_dir, open_database_to_look(find_file(project_dir)));
}

const std::filesystem::path& Catalogue::project_dir() const {
  return project_dir_;
}

Transaction::Transaction(Catalogue& catalogue) : database_(catalogue.database()) {
  if (database_.in_transaction()) throw Error("catalogue: a transaction within a transaction");
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // SQLite may have rolled back by itself (full disk).
  if (open_ && database_.in_transaction()) {
    sqlite3_exec(database_.connection(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

StageConfig configure(Catalogue& catalogue, std::string_view stage, std::string_view text) {
  Database& database = catalogue.database();
  const std::string hash = config_hash(stage, text);
  {
    // Nothing is written when this is the latest already: asking must not wait for writers.
    const auto latest = latest_config(catalogue, stage);
    if (latest && latest->hash == hash) return *latest;
  }
  auto query = database.query(
      "INSERT INTO configs(stage, hash, text, used)"
      " VALUES (?1, ?2, ?3, 1 + coalesce((SELECT max(used) FROM configs), 0))"
      " ON CONFLICT(hash) DO UPDATE SET used = excluded.used RETURNING id, stage, hash, text");
  query.bind(stage).bind(hash).bind(text).step();
  auto config = read_config(query);
  query.run();  // to the end: only then is the row written
  return config;
}

std::optional<StageConfig> config_of_hash(Catalogue& catalogue, std::string_view hash) {
  auto query = catalogue.database().query("SELECT id, stage, hash, text FROM configs WHERE hash = ?");
  if (!query.bind(hash).step()) return std::nullopt;
  return read_config(query);
}

std::optional<StageConfig> find_config(Catalogue& catalogue, std::string_view stage, std::string_view text) {
  return config_of_hash(catalogue, config_hash(stage, text));
}

StageConfig look_up_config(Catalogue& catalogue, std::string_view stage, std::string_view text) {
  if (auto known = find_config(catalogue, stage, text)) return *std::move(known);
  return {0, std::string(stage), config_hash(stage, text), std::string(text)};
}

std::vector<StageConfig> list_configs(Catalogue& catalogue, std::string_view stage) {
  auto query =
      catalogue.database().query("SELECT id, stage, hash, text FROM configs WHERE stage = ? ORDER BY used");
  query.bind(stage);
  std::vector<StageConfig> configs;
  while (query.step()) configs.push_back(read_config(query));
  return configs;
}

std::optional<StageConfig> latest_config(Catalogue& catalogue, std::string_view stage) {
  auto query = catalogue.database().query(
      "SELECT id, stage, hash, text FROM configs WHERE stage = ? ORDER BY used DESC LIMIT 1");
  if (!query.bind(stage).step()) return std::nullopt;
  return read_config(query);
}

void forget_config(Catalogue& catalogue, std::int64_t config_id) {
  catalogue.database().query("DELETE FROM configs WHERE id = ?").bind(config_id).run();
}

void forget_other_configs(Catalogue& catalogue, std::string_view stage, std::int64_t kept_id) {
  catalogue.database()
      .query("DELETE FROM configs WHERE stage = ? AND id <> ?")
      .bind(stage)
      .bind(kept_id)
      .run();
}

std::int64_t count_results(Catalogue& catalogue, std::int64_t config_id) {
  auto query = catalogue.database().query("SELECT item_count FROM result_counts WHERE config_id = ?");
  return query.bind(config_id).step() ? query.integer(0) : 0;
}

std::int64_t begin_run(Catalogue& catalogue, const Run& run) {
  Database& database = catalogue.database();
  database
      .query(
          "INSERT INTO runs(command, options_json, seed, inputs_hash, revision, started_at, ended_at, "
          "outcome,"
          " summary_json) VALUES (?, ?, ?, ?, ?, ?, '', '', ?)")
      .bind(run.command)
      .bind(run.options_json)
      .bind(static_cast<std::int64_t>(run.seed))
      .bind(run.inputs_hash)
      .bind(run.revision)
      .bind(utc_now())
      .bind(run.summary_json)
      .run();
  return database.last_row_id();
}

void end_run(Catalogue& catalogue, std::int64_t run_id, std::string_view outcome,
             std::string_view summary_json) {
  catalogue.database()
      .query("UPDATE runs SET ended_at = ?, outcome = ?, summary_json = ? WHERE id = ?")
      .bind(utc_now())
      .bind(outcome)
      .bind(summary_json)
      .bind(run_id)
      .run();
}

std::vector<Run> list_runs(Catalogue& catalogue, std::string_view command) {
  auto query = catalogue.database().query(
      "SELECT id, command, options_json, seed, inputs_hash, revision, started_at, ended_at, outcome, "
      "summary_json"
      " FROM runs WHERE ?1 = '' OR command = ?1 ORDER BY id");
  query.bind(command);
  std::vector<Run> runs;
  while (query.step()) runs.push_back(read_run(query));
  return runs;
}

}  // namespace pupil::corpus
