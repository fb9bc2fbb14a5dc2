// SPDX-License-Identifier: Apache-2.0
// 1. A plan is written to shards.new and renamed to shards: it is there as a whole or not at all.
// 2. plan.json's `id` covers the hashes of the items, pupil.toml's and the program's revision: whoever holds results of an id
//    knows all that decided them.
// 3. plan.json alone is ever written again, by set_merged().

#include "corpus/shard_plan.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <numeric>
#include <span>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/file_system.h"
#include "base/quietly.h"
#include "base/read_file.h"
#include "base/revision.h"
#include "base/sha256.h"
#include "base/system_error.h"
#include "base/temp_file.h"
#include "base/text.h"

namespace pupil::corpus {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostShards = 4096;
constexpr std::size_t kFlushBytes = 1 << 18;
constexpr std::string_view kFormat = "pupil shards 1";

fs::path plan_path(const fs::path& project_dir) {
  return shards_folder(project_dir) / "plan.json";
}

std::string items_name(std::int64_t index) {
  return concat("items-", index, ".jsonl");
}

// All but the id and what becomes of the plan later.
Json plan_body(const ShardPlan& plan) {
  Json json;
  json.set("format", kFormat);
  json.set("stage", plan.stage);
  json.set("items", plan.item_counts);
  json.set("items_sha256", plan.item_hashes);
  json.set("pupil_toml", plan.project_hash);
  json.set("revision", plan.revision);
  json.set("links", plan.links);
  return json;
}

void write_plan(const fs::path& folder, const ShardPlan& plan) {
  Json json = plan_body(plan);
  json.set("id", plan.id);
  json.set("merged", plan.merged);
  write_whole(folder / "plan.json", json.dump(2) + "\n");
}

void remove_folder(const fs::path& folder) {
  std::error_code code;
  fs::remove_all(folder, code);
  if (code) throw DiskError(concat(folder.string(), ": cannot be removed: ", code.message()));
}

void append(const fs::path& file, std::string_view text) {
  const auto fail = [&](int reason) {
    throw_system_error(concat(file.string(), ": cannot be written"), reason);
  };
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) fail(errno);
  const bool written =
      write_all(descriptor, std::as_bytes(std::span(text))) == text.size() && sync_file(descriptor);
  const int reason = errno;
  close(descriptor);
  if (!written) fail(reason);
}

}  // namespace

std::int64_t ShardPlan::item_count() const {
  return std::accumulate(item_counts.begin(), item_counts.end(), std::int64_t{0});
}

fs::path shards_folder(const fs::path& project_dir) {
  return project_dir / "shards";
}

fs::path shard_folder(const fs::path& project_dir, std::int64_t index) {
  return shards_folder(project_dir) / concat(index);
}

std::string shard_name(std::int64_t index, std::int64_t count) {
  return concat("shard ", index, "/", count);
}

std::int64_t shard_of(std::string_view key, std::int64_t count) {
  Sha256 hash;
  hash.update(key);
  const std::array<std::byte, 32> digest = hash.digest();
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i)
    number = number << 8 | std::to_integer<std::uint64_t>(digest[static_cast<std::size_t>(i)]);
  return static_cast<std::int64_t>(number % static_cast<std::uint64_t>(count));
}

bool has_plan(const fs::path& project_dir) {
  return fs::exists(plan_path(project_dir));
}

ShardPlan read_plan(const fs::path& project_dir) {
  if (!fs::is_directory(project_dir)) throw Error(project_dir.string() + ": no such folder");
  if (!has_plan(project_dir)) {
    throw Error(concat(shards_folder(project_dir).string(), ": no plan for shards; pupil plan ",
                       project_dir.string(), " STAGE --shards N makes one"));
  }
  const Json json = read_json(plan_path(project_dir));
  return with_context(plan_path(project_dir).string(), [&] {
    if (json.at("format").as_string() != kFormat)
      throw Error(concat("'", json.at("format").as_string(), "', this program reads '", kFormat, "'"));
    ShardPlan plan;
    plan.id = json.at("id").as_string();
    plan.stage = json.at("stage").as_string();
    for (const Json& count : json.at("items").as_array()) plan.item_counts.push_back(count.as_int());
    for (const Json& hash : json.at("items_sha256").as_array()) plan.item_hashes.push_back(hash.as_string());
    plan.project_hash = json.at("pupil_toml").as_string();
    plan.revision = json.at("revision").as_string();
    plan.links = json.at("links");
    plan.merged = json.at("merged").as_bool();
    if (plan.item_hashes.size() != plan.item_counts.size() || plan.item_counts.empty() ||
        plan.id != sha256_hex(plan_body(plan).dump()))
      throw Error("changed since it was written");
    return plan;
  });
}

void check_plan(const fs::path& project_dir, const ShardPlan& plan) {
  const std::string again = concat("; put it back, or throw the plan and its shards' work away: pupil plan ",
                                   project_dir.string(), " --discard");
  if (plan.project_hash != sha256_file(project_dir / "pupil.toml")) {
    throw Error(
        concat((project_dir / "pupil.toml").string(), ": changed since ", plan.stage, " was planned", again));
  }
  if (plan.revision != revision()) {
    throw Error(concat("the plan of ", plan.stage, " was made by revision ", plan.revision,
                       " of the program, this is ", revision(), again));
  }
}

void for_each_item(const fs::path& project_dir, const ShardPlan& plan, std::int64_t index,
                   const std::function<void(const Json&)>& visit) {
  const fs::path file = shards_folder(project_dir) / items_name(index);
  const auto place = static_cast<std::size_t>(index);
  if (plan.item_counts.at(place) == 0) return;
  if (!fs::exists(file) || sha256_file(file) != plan.item_hashes.at(place))
    throw Error(concat(file.string(), ": missing, or not what was planned: plan again"));
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) visit(parse_json(line));
}

void set_merged(const fs::path& project_dir, ShardPlan plan, bool keep_files) {
  plan.merged = true;
  write_plan(shards_folder(project_dir), plan);
  if (keep_files) return;
  for (std::int64_t i = 0; i < plan.shard_count(); ++i) {
    remove_folder(shard_folder(project_dir, i));
    remove_file(shards_folder(project_dir) / items_name(i));
  }
}

void discard_plan(const fs::path& project_dir) {
  // plan.json first: half a plan must not be taken for a whole one.
  remove_file(plan_path(project_dir));
  remove_folder(shards_folder(project_dir));
}

struct ShardPlanWriter::State {
  fs::path project_dir;
  fs::path aside;
  ShardPlan plan;
  std::vector<std::string> buffers;
  std::vector<Sha256> hashes;
  bool finished = false;

  void flush(std::size_t shard) {
    if (buffers[shard].empty()) return;
    append(aside / items_name(static_cast<std::int64_t>(shard)), buffers[shard]);
    buffers[shard].clear();
  }
};

ShardPlanWriter::ShardPlanWriter(fs::path project_dir, std::string stage, std::int64_t shards, Json links)
    : state_(std::make_unique<State>()) {
  if (shards < 1 || shards > kMostShards)
    throw UsageError(concat("--shards: 1 to ", kMostShards, ", found ", shards));
  if (has_plan(project_dir)) {
    const ShardPlan open = read_plan(project_dir);
    if (!open.merged) {
      throw Error(concat(shards_folder(project_dir).string(), ": the plan of ", open.stage, " by ",
                         open.shard_count(), " shards is not merged: pupil merge ", project_dir.string(),
                         " (or pupil plan ", project_dir.string(), " --discard)"));
    }
    discard_plan(project_dir);
  }
  State& state = *state_;
  state.aside = project_dir / "shards.new";
  remove_folder(state.aside);
  make_folders(state.aside);
  state.plan.stage = std::move(stage);
  state.plan.project_hash = sha256_file(project_dir / "pupil.toml");
  state.plan.revision = revision();
  state.plan.links = std::move(links);
  state.plan.item_counts.resize(static_cast<std::size_t>(shards));
  state.buffers.resize(static_cast<std::size_t>(shards));
  state.hashes.resize(static_cast<std::size_t>(shards));
  state.project_dir = std::move(project_dir);
}

ShardPlanWriter::~ShardPlanWriter() {
  if (state_->finished) return;
  quietly([this] { fs::remove_all(state_->aside); });  // or the next writer removes it
}

void ShardPlanWriter::add(std::string_view key, const Json& item) {
  State& state = *state_;
  const auto shard = static_cast<std::size_t>(shard_of(key, state.plan.shard_count()));
  const std::string line = item.dump() + "\n";
  ++state.plan.item_counts[shard];
  state.hashes[shard].update(line);
  state.buffers[shard] += line;
  if (state.buffers[shard].size() >= kFlushBytes) state.flush(shard);
}

ShardPlan ShardPlanWriter::finish() {
  State& state = *state_;
  for (std::size_t shard = 0; shard < state.buffers.size(); ++shard) {
    state.flush(shard);
    state.plan.item_hashes.push_back(state.hashes[shard].hex());
  }
  state.plan.id = sha256_hex(plan_body(state.plan).dump());
  write_plan(state.aside, state.plan);
  // A folder without a plan (of a discard that was killed) is in the way.
  remove_folder(shards_folder(state.project_dir));
  rename_file(state.aside, shards_folder(state.project_dir));
  state.finished = true;
  return state.plan;
}

}  // namespace pupil::corpus
