// SPDX-License-Identifier: Apache-2.0
// The catalogue: a project's database, one SQLite file `catalogue.db` beside `pupil.toml`. This header opens
// it and holds what every stage needs: transactions, configuration hashes, run records. The rows themselves
// are in
//   clips.h    recordings, clips, given labels, files set aside      (written by collect)
//   views.h    stored audio of a clip: the original, separated ones  (written by collect, separate)
//   judgements.h  what a teacher makes of separated views            (written by separate, label)
//   models.h   which weights a model's name stood for                (written by separate, label)
//   windows.h  stretches that are scored and learned                 (written by collect, separate)
//   scores.h   embeddings, scores, labels of windows, skips          (written by label; read by train)
//   web_items.h  what the web has, and what became of it           (written by collect)
//   review_journal.h  every verdict of every person                  (written by review, collect)
//   reviews.h  what was decided about a stretch, as it stands now    (follows from the journal)
//   review_windows.h  which windows a person may be shown          (read by review)
//   status.h   counts for `pupil status`
// docs/catalogue.md has the tables. No SQLite type appears in any header of the module except database.h.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::corpus {

class Database;

/// The version of the tables that this program writes. Older catalogues are migrated when they are opened.
inline constexpr int kSchemaVersion = 7;

/// One open catalogue. Several processes may hold one at the same time: readers never wait, writers wait for
/// each other (up to a minute, then Error "catalogue is busy"). What a committed transaction wrote survives
/// kill -9.
///
/// Threads: one Catalogue per thread. Moved, never copied.
class Catalogue {
 public:
  /// Opens `project_dir`/catalogue.db, creating it when there is none, and migrates an older version.
  /// Error: the folder does not exist, the file is no catalogue, or a newer pupil wrote it. DiskError: folder or file
  /// is not writable.
  static Catalogue create(const std::filesystem::path& project_dir);

  /// As create(), but Error when there is no catalogue yet.
  static Catalogue open(const std::filesystem::path& project_dir);

  /// As open(), for commands that only look: nothing can be changed through it, and a folder or catalogue that is not
  /// writable stays untouched (otherwise an older catalogue is migrated here too). Error, besides: an older catalogue,
  /// or one with an unfinished log (-wal) of a process that died, where nothing is writable.
  static Catalogue open_to_look(const std::filesystem::path& project_dir);

  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;
  ~Catalogue();

  const std::filesystem::path& project_dir() const;

  /// For the module's own sources.
  Database& database() { return *database_; }

 private:
  Catalogue(std::filesystem::path project_dir, std::unique_ptr<Database> database);

  std::filesystem::path project_dir_;
  std::unique_ptr<Database> database_;
};

/// Everything written between construction and commit() becomes visible at once or not at all. A Transaction
/// that is destroyed without commit() takes everything back. Not nested: Error. Every put_... function below
/// works inside one; outside, each call is a transaction of its own (and costs a disk flush).
class Transaction {
 public:
  explicit Transaction(Catalogue& catalogue);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// Error: full disk and the like; everything is taken back then.
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

/// One configuration of one stage. Results are stored under its id; an item is pending for a configuration
/// when it has neither a result nor a skip under that id. So a changed prompt makes new work, and going back
/// to the old one finds the old results.
struct StageConfig {
  std::int64_t id = 0;
  std::string stage;  ///< "windows", "separate", "judge", "embed", "score", "label"...: the caller's word
  std::string hash;   ///< SHA-256 of stage and text, hexadecimal
  std::string text;  ///< canonical JSON: all that decides the stage's result, upstream configurations' hashes
                     ///< included; never a row's id, a path or a time: the same inputs give the same text
};

/// Finds the configuration with this stage and text, or adds it, and marks it the latest of its stage.
StageConfig configure(Catalogue& catalogue, std::string_view stage, std::string_view text);

/// The configuration with this stage and text, if it was ever configured; nothing is written.
std::optional<StageConfig> find_config(Catalogue& catalogue, std::string_view stage, std::string_view text);

/// The configuration with this stage and text; of one that was never configured only the id is missing (0).
/// Nothing is written.
StageConfig look_up_config(Catalogue& catalogue, std::string_view stage, std::string_view text);

/// All configurations of `stage` that have not been forgotten, the latest last.
std::vector<StageConfig> list_configs(Catalogue& catalogue, std::string_view stage);

/// The configuration with this hash, as another's text names it; none if there is none.
std::optional<StageConfig> config_of_hash(Catalogue& catalogue, std::string_view hash);

/// The configuration of `stage` that was last given to configure(); none if there never was one. For what is
/// compared with the time before (collect: have the shares of the splits changed?), never to find results: those
/// stand under the configuration that is wanted now, which may be another.
std::optional<StageConfig> latest_config(Catalogue& catalogue, std::string_view stage);

/// Deletes all results stored under a configuration that is no longer wanted. Views' audio files stay in the
/// store.
void forget_config(Catalogue& catalogue, std::int64_t config_id);

/// The same for all of `stage` but one.
void forget_other_configs(Catalogue& catalogue, std::string_view stage, std::int64_t kept_id);

/// Windows, embeddings, scores or labels stored under a configuration; 0 for id 0.
std::int64_t count_results(Catalogue& catalogue, std::int64_t config_id);

/// How one run of a command was made. Same inputs and seed, same bytes: only the times differ.
struct Run {
  std::int64_t id = 0;
  std::string command;       ///< "collect", "label"...
  std::string options_json;  ///< the command's options as given
  std::uint64_t seed = 0;
  std::string inputs_hash;   ///< what it read: a hash over hashes; empty where that has no meaning
  std::string revision;      ///< of the program
  std::string started_at;    ///< UTC, ISO 8601
  std::string ended_at;      ///< empty: still running, or killed
  std::string outcome;       ///< "done", "failed", "interrupted"; empty like ended_at
  std::string summary_json;  ///< the command's own counts
};

/// Stores `run` with the present time as its start; id, times and outcome of `run` are ignored. Returns the
/// id.
std::int64_t begin_run(Catalogue& catalogue, const Run& run);
void end_run(Catalogue& catalogue, std::int64_t run_id, std::string_view outcome,
             std::string_view summary_json);

/// All runs, oldest first; of one command where `command` is not empty.
std::vector<Run> list_runs(Catalogue& catalogue, std::string_view command = {});

/// A part of the work, for several processes: `index` from 0 of `count`.
struct Shard {
  std::int64_t index = 0;
  std::int64_t count = 1;
};

}  // namespace pupil::corpus
