// SPDX-License-Identifier: Apache-2.0
// Stages by shard. Shards compute what is costly and decide nothing: each asks a pure function (take a file in, separate a
// clip, embed a window) about its part of a plan and writes the answers to a file of its own. One process then runs the
// stage as ever, and looks up what it would have computed. So nothing of the catalogue depends on the shards' number,
// order or speed: it is written by one process, in that process's order.
//
//   DIR/shards/plan.json        what is to be done, by which pupil.toml and program
//   DIR/shards/items-0.jsonl    the part of shard 0, an item a line
//   DIR/shards/0/               all that shard 0 writes (shard_results.h)
//
// Plain files that never change once they are there: no database is opened across a network. docs/scale.md has the whole.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "corpus/catalogue.h"

namespace pupil::corpus {

/// What shards of one stage are to do. A project has one plan at a time.
struct ShardPlan {
  std::string id;                         ///< SHA-256 over all of it, the items included
  std::string stage;                      ///< "collect", "separate" or "label"
  std::vector<std::int64_t> item_counts;  ///< [shards]
  std::vector<std::string> item_hashes;   ///< [shards]: SHA-256 of their items
  std::string project_hash;               ///< SHA-256 of pupil.toml
  std::string revision;                   ///< of the program
  Json links;                             ///< the configurations' texts, as the stage needs them
  bool merged = false;                    ///< its results are in the catalogue

  std::int64_t shard_count() const { return static_cast<std::int64_t>(item_counts.size()); }
  std::int64_t item_count() const;
};

/// DIR/shards, and in it the folder of one shard.
std::filesystem::path shards_folder(const std::filesystem::path& project_dir);
std::filesystem::path shard_folder(const std::filesystem::path& project_dir, std::int64_t index);

/// "shard 2/4", counted from 0 as in --shard: as messages name it.
std::string shard_name(std::int64_t index, std::int64_t count);

/// The shard of `count` that does everything about `key` (a hash of the audio, a path): by SHA-256, so that it can be told
/// again without the plan.
std::int64_t shard_of(std::string_view key, std::int64_t count);

/// Whether there is a plan, merged or not.
bool has_plan(const std::filesystem::path& project_dir);

/// Error: there is none, or its file is broken.
ShardPlan read_plan(const std::filesystem::path& project_dir);

/// Error: pupil.toml or the program is not the plan's; which, and what to do.
void check_plan(const std::filesystem::path& project_dir, const ShardPlan& plan);

/// Calls `visit` with every item of one shard. Error: the file is missing or not what the plan was made with.
void for_each_item(const std::filesystem::path& project_dir, const ShardPlan& plan, std::int64_t index,
                   const std::function<void(const Json&)>& visit);

/// The plan is done with: its shards' files go, plan.json stays and says so.
void set_merged(const std::filesystem::path& project_dir, ShardPlan plan, bool keep_files);

/// Removes the plan and all that its shards have done.
void discard_plan(const std::filesystem::path& project_dir);

/// Writes a plan aside and puts it in its place as a whole. Memory: a quarter of a megabyte a shard.
class ShardPlanWriter {
 public:
  /// `shards`: 1 to 4096. A plan that is merged, and what a killed writer left, are removed. Error: a plan that is not merged is there.
  ShardPlanWriter(std::filesystem::path project_dir, std::string stage, std::int64_t shards, Json links);
  ~ShardPlanWriter();
  ShardPlanWriter(const ShardPlanWriter&) = delete;
  ShardPlanWriter& operator=(const ShardPlanWriter&) = delete;

  /// An item for the shard of `key`.
  void add(std::string_view key, const Json& item);
  ShardPlan finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pupil::corpus
