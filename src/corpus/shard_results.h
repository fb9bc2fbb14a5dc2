// SPDX-License-Identifier: Apache-2.0
// What the shards of a plan have computed: one SQLite file and one store folder each, in DIR/shards/I/.
//
//   results.db     key -> result, committed every second; written by one process, read by none before it is done
//   store/         audio of the results, as a project's store
//   progress.json  how far it is, for `pupil status`
//   done.json      the plan's id, and size and SHA-256 of results.db: written last

#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/project_lock.h"
#include "corpus/shard_plan.h"
#include "corpus/store.h"

namespace pupil::corpus {

class Database;

/// One result: numbers and words as JSON, arrays as bytes.
struct ShardResult {
  Json fields;
  std::vector<std::byte> bytes;
};

/// Arrays in a result's bytes, one behind the other.
template <typename Element>
void append_array(std::vector<std::byte>* bytes, std::span<const Element> values) {
  const auto more = std::as_bytes(values);
  bytes->insert(bytes->end(), more.begin(), more.end());
}

/// The first `count` elements of `bytes`, which then begin behind them. Error: there are fewer.
template <typename Element>
std::vector<Element> take_array(std::span<const std::byte>* bytes, std::int64_t count) {
  if (count < 0 || static_cast<std::size_t>(count) > bytes->size() / sizeof(Element))
    throw Error("a shard's result is shorter than it says");
  std::vector<Element> values(static_cast<std::size_t>(count));
  const std::size_t size = values.size() * sizeof(Element);
  if (size > 0) std::memcpy(values.data(), bytes->data(), size);
  *bytes = bytes->subspan(size);
  return values;
}

/// One shard at work. Killed at any point and made again it goes on: what it committed stays.
///
/// Threads: one.
class ShardRun {
 public:
  /// Error: there is no such plan, or it has another number of shards; pupil.toml or the program is another; another process
  /// works on this shard; what lies in its folder is of another plan.
  ShardRun(const std::filesystem::path& project_dir, std::string_view stage, const Shard& shard);
  ~ShardRun();
  ShardRun(const ShardRun&) = delete;
  ShardRun& operator=(const ShardRun&) = delete;

  /// An earlier run has done everything; nothing below may be called then but plan() and name().
  bool is_finished() const { return !results_; }

  const ShardPlan& plan() const { return plan_; }
  std::string name() const { return shard_name(shard_.index, shard_.count); }
  std::int64_t item_count() const { return plan_.item_counts[static_cast<std::size_t>(shard_.index)]; }
  void for_each_item(const std::function<void(const Json&)>& visit) const;

  bool contains(std::string_view key);
  /// What was put. Error: nothing was.
  ShardResult get(std::string_view key);
  /// Putting again replaces. What it names in the store must be there before.
  void put(std::string_view key, const Json& fields, std::span<const std::byte> bytes = {});
  /// So many items more are done; commits and tells progress once a second.
  void advance(std::int64_t items);
  /// Commits, closes and says that all is there.
  void finish();

  const Store& store() const { return store_; }
  const std::filesystem::path& project_dir() const { return project_dir_; }

 private:
  void commit();
  void write_progress();

  const std::filesystem::path project_dir_;
  const ShardPlan plan_;
  const Shard shard_;
  const std::filesystem::path folder_;
  std::optional<ProjectLock> lock_;
  Store store_;
  std::unique_ptr<Database> results_;
  bool uncommitted_ = false;
  std::int64_t done_ = 0;
  const std::string started_at_;
  std::chrono::steady_clock::time_point last_commit_;
};

/// The results of all shards of the project's plan, to be looked up. Threads: any.
class ShardResults {
 public:
  /// Error, which names the shards: some are not done, half written, changed since, or of another plan. Reads all of
  /// results.db once.
  ShardResults(std::filesystem::path project_dir, ShardPlan plan);
  ~ShardResults();

  const ShardPlan& plan() const { return plan_; }

  /// `shard_key`: what shard_of() gave the item to its shard by.
  std::optional<ShardResult> find(std::string_view shard_key, std::string_view key) const;

  /// A file of `into`'s temporary folder with the audio `hash` of a result, for Store::adopt(): a hard link, or a copy where
  /// the file system has none. The shard keeps its own. Error, which names the shard: it is lost or torn.
  std::filesystem::path link_audio(std::string_view shard_key, const std::string& hash,
                                   std::int64_t size_bytes, const Store& into) const;

 private:
  Database& open(std::int64_t shard) const;

  const std::filesystem::path project_dir_;
  const ShardPlan plan_;
  mutable std::mutex mutex_;
  mutable std::map<std::pair<std::thread::id, std::int64_t>, std::unique_ptr<Database>> databases_;
  mutable std::int64_t link_count_ = 0;
};

/// One shard as `pupil status` shows it.
struct ShardState {
  enum class Kind { waiting, running, silent, done };
  std::int64_t index = 0;
  Kind kind = Kind::waiting;  ///< silent: it has begun, and has told nothing for a minute and a half
  std::int64_t item_count = 0;
  std::int64_t done_count = 0;
  std::string host;  ///< and process: "node7, process 123"; empty while waiting
};

/// Reads small files alone; nothing is locked.
std::vector<ShardState> read_shard_states(const std::filesystem::path& project_dir, const ShardPlan& plan);

std::string_view shard_state_name(ShardState::Kind kind);

}  // namespace pupil::corpus
