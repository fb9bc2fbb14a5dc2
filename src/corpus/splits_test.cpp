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

}  // namespace
}  // namespace pupil::corpus
