// SPDX-License-Identifier: Apache-2.0
#include "corpus/splits.h"

#include <algorithm>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

// More recordings than these are never looked through: that none of them falls into train is next to
// impossible with usual shares (0.3^32).
constexpr std::int64_t kManyRecordings = 32;

void check(const SplitOptions& options) {
  const bool good =
      options.val_share >= 0 && options.test_share >= 0 && options.val_share + options.test_share <= 1;
  if (good) return;
  throw Error(concat("split: val ", options.val_share, " and test ", options.test_share,
                     " must not be negative, nor above 1 together"));
}

std::string describe_given(std::int64_t given_splits) {
  std::string text = "given";
  for (int split = 0; split < 3; ++split) {
    if ((given_splits >> split & 1) == 0) continue;
    text += concat(text == "given" ? " " : " and ", split_name(static_cast<Split>(split)));
  }
  return text;
}

// One whose sources gave no split.
struct Recording {
  std::int64_t id = 0;
  std::string name;
  Split split = Split::train;
};

// At most `limit`, -1: all.
std::vector<Recording> recordings_without_split(Database& database, std::int64_t limit) {
  auto query =
      database.query("SELECT id, name, split FROM recordings WHERE given_splits = 0 ORDER BY id LIMIT ?");
  query.bind(limit);
  std::vector<Recording> recordings;
  while (query.step())
    recordings.push_back({query.integer(0), query.text(1), static_cast<Split>(query.integer(2))});
  return recordings;
}

// Those of a catalogue that is small enough for the question whether they are too few; none of a larger one.
std::vector<Recording> recordings_to_decide(Database& database) {
  auto recordings = recordings_without_split(database, kManyRecordings + 1);
  if (std::ssize(recordings) > kManyRecordings) recordings.clear();
  return recordings;
}

bool too_few(Database& database, const std::vector<Recording>& recordings, const SplitOptions& options) {
  if (options.val_share + options.test_share >= 1) return false;
  auto query =
      database.query("SELECT count(*), coalesce(sum(split = 0), 0) FROM recordings WHERE given_splits <> 0");
  query.step();
  if (query.integer(0) + std::ssize(recordings) < kMinSplitRecordings) return true;
  const bool any_in_train =
      query.integer(1) > 0 ||
      std::any_of(recordings.begin(), recordings.end(), [&](const Recording& recording) {
        return split_of(recording.name, options) == Split::train;
      });
  return !any_in_train;
}

// Whether it changed.
bool set_split(Database& database, const Recording& recording, Split split) {
  if (recording.split == split) return false;
  database.query("UPDATE recordings SET split = ? WHERE id = ?")
      .bind(static_cast<std::int32_t>(split))
      .bind(recording.id)
      .run();
  return true;
}

}  // namespace

Split split_of(std::string_view recording, const SplitOptions& options) {
  check(options);
  const std::string hash = sha256_hex(concat(options.seed, "\n", recording));
  // 52 bits: every such number is exact in a double.
  const double at = static_cast<double>(std::stoull(hash.substr(0, 13), nullptr, 16)) * 0x1p-52;
  if (at < options.test_share) return Split::test;
  return at < options.test_share + options.val_share ? Split::val : Split::train;
}

std::vector<SplitConflict> list_split_conflicts(Catalogue& catalogue) {
  auto query = catalogue.database().query(
      "SELECT name, split, given_splits FROM recordings WHERE given_splits NOT IN (0, 1, 2, 4) ORDER BY "
      "name");
  std::vector<SplitConflict> conflicts;
  while (query.step()) {
    conflicts.push_back(
        {query.text(0), static_cast<Split>(query.integer(1)), describe_given(query.integer(2))});
  }
  return conflicts;
}

std::int64_t reassign_splits(Catalogue& catalogue, const SplitOptions& options) {
  check(options);
  Transaction transaction(catalogue);
  std::int64_t changed = 0;
  for (const Recording& recording : recordings_without_split(catalogue.database(), -1))
    changed += set_split(catalogue.database(), recording, split_of(recording.name, options));
  transaction.commit();
  return changed;
}

std::int64_t keep_few_in_train(Catalogue& catalogue, const SplitOptions& options) {
  check(options);
  const auto recordings = recordings_to_decide(catalogue.database());
  if (recordings.empty()) return 0;
  const bool few = too_few(catalogue.database(), recordings, options);
  std::int64_t moved = 0;
  Transaction transaction(catalogue);
  for (const Recording& recording : recordings) {
    const Split usual = split_of(recording.name, options);
    set_split(catalogue.database(), recording, few ? Split::train : usual);
    moved += few && usual != Split::train ? 1 : 0;
  }
  transaction.commit();
  return moved;
}

void undo_few_in_train(Catalogue& catalogue, const SplitOptions& options) {
  Transaction transaction(catalogue);
  for (const Recording& recording : recordings_to_decide(catalogue.database()))
    set_split(catalogue.database(), recording, split_of(recording.name, options));
  transaction.commit();
}

bool few_would_move(Catalogue& catalogue, const SplitOptions& options) {
  const auto recordings = recordings_to_decide(catalogue.database());
  const bool few = !recordings.empty() && too_few(catalogue.database(), recordings, options);
  return std::any_of(recordings.begin(), recordings.end(), [&](const Recording& recording) {
    return recording.split != (few ? Split::train : split_of(recording.name, options));
  });
}

}  // namespace pupil::corpus
