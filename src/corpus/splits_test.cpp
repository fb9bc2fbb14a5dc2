// SPDX-License-Identifier: Apache-2.0
#include "corpus/splits.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "corpus/clip_writer.h"
#include "corpus/synthetic.h"
#include "corpus/test_project.h"

namespace pupil::corpus {
namespace {

TEST(Splits, KeepTheShares) {
  SplitOptions options;
  options.val_share = 0.2;
  options.test_share = 0.1;
  int counts[3] = {};
  for (int i = 0; i < 10'000; ++i) ++counts[static_cast<int>(split_of(concat("recording ", i), options))];
  EXPECT_NEAR(counts[1], 2000, 150);
  EXPECT_NEAR(counts[2], 1000, 150);
}

TEST(Splits, DependOnNameAndSeedAlone) {
  SplitOptions options;
  EXPECT_EQ(split_of("take 3", options), split_of("take 3", options));
  int moved = 0;
  SplitOptions other;
  other.seed = 1;
  for (int i = 0; i < 1000; ++i) moved += split_of(concat(i), options) != split_of(concat(i), other);
  EXPECT_GT(moved, 200);
  options.val_share = 0.9;
  options.test_share = 0.2;
  EXPECT_THROW(split_of("x", options), Error);
}

TEST(Splits, ARecordingGivenTwoSplitsGoesToTheStrictest) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  add_synthetic_clips(catalogue, 8, 1);  // recordings 0 and 1, four clips each
  Database& database = catalogue.database();
  SourceItem item;
  item.recording = "recording 1";
  item.split = Split::train;
  update_clip(database, 5, item, {});
  EXPECT_TRUE(list_split_conflicts(catalogue).empty());
  item.split = Split::test;
  update_clip(database, 6, item, {});
  const auto conflicts = list_split_conflicts(catalogue);
  ASSERT_EQ(conflicts.size(), 1u);
  EXPECT_EQ(conflicts[0].recording, "recording 1");
  EXPECT_EQ(conflicts[0].kept, Split::test);
  EXPECT_EQ(conflicts[0].detail, "given train and test");
  for (const std::int64_t clip_id : {5, 6, 7, 8}) EXPECT_EQ(get_clip(catalogue, clip_id).split, Split::test);
  item.split = Split::train;
  update_clip(database, 6, item, {});
  EXPECT_TRUE(list_split_conflicts(catalogue).empty());
  EXPECT_EQ(get_clip(catalogue, 7).split, Split::train);
}

TEST(Splits, ReassignLeavesGivenOnes) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  add_synthetic_clips(catalogue, 400, 1);
  SourceItem item;
  item.recording = "recording 0";
  item.split = Split::train;
  update_clip(catalogue.database(), 1, item, {});
  SplitOptions all_test;
  all_test.test_share = 1;
  all_test.val_share = 0;
  EXPECT_GT(reassign_splits(catalogue, all_test), 50);
  EXPECT_EQ(reassign_splits(catalogue, all_test), 0);
  ClipFilter train;
  train.split = Split::train;
  EXPECT_EQ(count_clips(catalogue, train), 4);
}

// Recordings of one clip each, as collect names them where nobody does.
void add_recordings(Catalogue& catalogue, int count, const std::string& name) {
  Database& database = catalogue.database();
  for (int i = 0; i < count; ++i)
    database.query("INSERT INTO recordings(name, split, given_splits) VALUES (?, ?, 0)")
        .bind(concat(name, i))
        .bind(static_cast<std::int32_t>(split_of(concat(name, i), {})))
        .run();
}

std::int64_t count_in(Catalogue& catalogue, Split split) {
  auto query = catalogue.database().query("SELECT count(*) FROM recordings WHERE split = ?");
  query.bind(static_cast<std::int32_t>(split)).step();
  return query.integer(0);
}

TEST(Splits, FewRecordingsAreAllInTrain) {
  for (int seed = 0; seed < 20; ++seed) {
    const TestFolder dir;
    Catalogue catalogue = Catalogue::create(dir.path());
    SplitOptions options;
    options.seed = static_cast<std::uint64_t>(seed);
    add_recordings(catalogue, 2, "night ");
    const std::int64_t moved = keep_few_in_train(catalogue, options);
    EXPECT_EQ(count_in(catalogue, Split::train), 2);
    EXPECT_EQ(moved, (split_of("night 0", options) != Split::train) +
                         (split_of("night 1", options) != Split::train));
    EXPECT_FALSE(few_would_move(catalogue, options));
    add_recordings(catalogue, 40, "day ");
    undo_few_in_train(catalogue, options);  // too many by now: left alone
  }
}

TEST(Splits, MoreRecordingsAreDividedAsUsual) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  SplitOptions options;
  options.test_share = 0.6;
  add_recordings(catalogue, 1, "take ");
  keep_few_in_train(catalogue, options);
  add_recordings(catalogue, 20, "more ");
  EXPECT_EQ(keep_few_in_train(catalogue, options), 0);
  EXPECT_GT(count_in(catalogue, Split::test), 1);
  EXPECT_EQ(reassign_splits(catalogue, options), 0);
}

TEST(Splits, AGivenSplitWinsOverFewness) {
  const TestFolder dir;
  Catalogue catalogue = Catalogue::create(dir.path());
  catalogue.database().execute("INSERT INTO recordings(name, split, given_splits) VALUES ('night', 2, 4)");
  EXPECT_EQ(keep_few_in_train(catalogue, {}), 0);
  EXPECT_EQ(count_in(catalogue, Split::test), 1);
}

}  // namespace
}  // namespace pupil::corpus
