#include "corpus/splits.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

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
  Database& database = catalogue.database();
  Transaction transaction(catalogue);
  std::int64_t changed = 0;
  auto recordings = database.query("SELECT id, name, split FROM recordings WHERE given_splits = 0");
  while (recordings.step()) {
    const auto split = static_cast<std::int32_t>(split_of(recordings.text(1), options));
    if (split == recordings.integer(2)) continue;
    database.query("UPDATE recordings SET split = ? WHERE id = ?")
        .bind(split)
        .bind(recordings.integer(0))
        .run();
    ++changed;
  }
  transaction.commit();
  return changed;
}

}  // namespace pupil::corpus
