// SPDX-License-Identifier: Apache-2.0
#include "corpus/review_journal.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "corpus/reviews.h"
#include "corpus/schema.h"
#include "corpus/scores.h"
#include "corpus/synthetic.h"
#include "corpus/test_project.h"
#include "corpus/verdict_counts.h"

namespace pupil::corpus {
namespace {

class ReviewJournal : public ::testing::Test {
 protected:
  ReviewJournal() : catalogue(Catalogue::create(folder.path())) { add_synthetic_clips(catalogue, 4, 1); }

  JournalEntry entry(double start_s, VerdictKind kind, const std::string& label,
                     const std::string& reviewer = "ann") const {
    JournalEntry made;
    made.stretch = {1, start_s, 1};
    made.kind = kind;
    made.label = label;
    made.called = "dog";
    made.reviewer = reviewer;
    return made;
  }
  void put(const JournalEntry& one) { put_verdicts(catalogue, {&one, 1}); }
  std::string present(double start_s) {
    const auto review = find_review(catalogue, 1, start_s, 1);
    return review ? "is " + review->label : "open";
  }

  TestFolder folder;
  Catalogue catalogue;
};

TEST_F(ReviewJournal, TheLatestDecides) {
  put(entry(0, VerdictKind::accept, "dog"));
  put(entry(0, VerdictKind::other_class, "cat", "bob"));
  EXPECT_EQ(present(0), "is cat");
  EXPECT_EQ(find_review(catalogue, 1, 0, 1)->reviewer, "bob");
  put(entry(0, VerdictKind::none, ""));
  EXPECT_EQ(present(0), "is ");
  EXPECT_EQ(verdicts_on(catalogue, {1, 0, 1}).size(), 3U);
}

TEST_F(ReviewJournal, ARejectionIsNoReview) {
  put(entry(0, VerdictKind::accept, "dog"));
  put(entry(0, VerdictKind::reject, "dog", "bob"));
  EXPECT_EQ(present(0), "open");
  ASSERT_EQ(list_rejections(catalogue).size(), 1U);
  EXPECT_EQ(list_rejections(catalogue)[0].label, "dog");
  put(entry(0, VerdictKind::accept, "dog"));
  EXPECT_TRUE(list_rejections(catalogue).empty());
}

TEST_F(ReviewJournal, UnsureAndRepeatsDecideNothing) {
  put(entry(0, VerdictKind::accept, "dog"));
  put(entry(0, VerdictKind::unsure, "", "bob"));
  JournalEntry repeat = entry(0, VerdictKind::none, "");
  repeat.repeat_of = 1;
  put(repeat);
  EXPECT_EQ(present(0), "is dog");
  EXPECT_EQ(count_repeats(catalogue, "ann").repeated, 1);
  EXPECT_EQ(count_repeats(catalogue, "ann").decided, 1);
}

TEST_F(ReviewJournal, TakesBackTheReviewersOwnLastAcrossRestarts) {
  put(entry(0, VerdictKind::accept, "dog"));
  put(entry(0, VerdictKind::none, "", "bob"));
  put(entry(1, VerdictKind::accept, "dog"));
  catalogue = Catalogue::open(folder.path());
  EXPECT_EQ(undo_verdicts(catalogue, "bob").size(), 1U);
  EXPECT_EQ(present(0), "is dog") << "what stood before stands again";
  EXPECT_EQ(undo_verdicts(catalogue, "ann")[0].stretch.start_s, 1);
  EXPECT_EQ(undo_verdicts(catalogue, "ann")[0].stretch.start_s, 0);
  EXPECT_TRUE(undo_verdicts(catalogue, "ann").empty());
  EXPECT_TRUE(list_reviews(catalogue).empty());
}

TEST_F(ReviewJournal, ABatchIsPutAndTakenBackWhole) {
  const std::vector<JournalEntry> three = {entry(0, VerdictKind::accept, "dog"),
                                           entry(1, VerdictKind::accept, "dog"),
                                           entry(2, VerdictKind::accept, "dog")};
  put_verdicts(catalogue, three);
  EXPECT_EQ(list_reviews(catalogue).size(), 3U);
  EXPECT_EQ(undo_verdicts(catalogue, "ann").size(), 3U);
  EXPECT_TRUE(list_reviews(catalogue).empty());
}

TEST_F(ReviewJournal, PutsNothingOfABatchWithAFault) {
  const std::vector<JournalEntry> two = {entry(0, VerdictKind::accept, "dog"),
                                         entry(1, VerdictKind::accept, "")};
  EXPECT_THROW(put_verdicts(catalogue, two), Error);
  EXPECT_TRUE(list_verdicts(catalogue).empty());
  EXPECT_THROW(put(entry(0, VerdictKind::none, "dog")), Error);
  EXPECT_THROW(put(entry(0, VerdictKind::none, "", "")), Error);
  JournalEntry nowhere = entry(0, VerdictKind::none, "");
  nowhere.stretch.clip_id = 99;
  EXPECT_THROW(put(nowhere), Error);
}

TEST_F(ReviewJournal, FindsWhatToRepeat) {
  for (int i = 0; i < 4; ++i) put(entry(i, VerdictKind::accept, "dog"));
  EXPECT_EQ(list_unrepeated(catalogue, "ann", 3, 9).at(0).stretch.start_s, 0);
  EXPECT_TRUE(list_unrepeated(catalogue, "ann", 4, 9).empty());
  JournalEntry repeat = entry(0, VerdictKind::accept, "dog");
  repeat.repeat_of = 1;
  put(repeat);
  EXPECT_EQ(list_unrepeated(catalogue, "ann", 2, 9).at(0).stretch.start_s, 1);
  EXPECT_TRUE(list_unrepeated(catalogue, "ann", 3, 9).empty());
}

TEST_F(ReviewJournal, SecondConnectionSeesWhatWasStored) {
  Catalogue other = Catalogue::open(folder.path());
  put(entry(0, VerdictKind::accept, "dog"));
  const JournalEntry bobs = entry(0, VerdictKind::none, "", "bob");
  put_verdicts(other, {&bobs, 1});
  const auto both = verdicts_on(catalogue, {1, 0, 1});
  ASSERT_EQ(both.size(), 2U);
  EXPECT_FALSE(both[0].agrees_with(both[1]));
  EXPECT_TRUE(both[0].agrees_with(entry(0, VerdictKind::other_class, "dog")));
}

// What labelling and training read.
TEST_F(ReviewJournal, ARejectedWindowIsNotAccepted) {
  cut_pending_windows(catalogue, {});
  WindowFilter filter;
  filter.window_config_id = window_config(catalogue, {}).id;
  const std::int64_t config = configure(catalogue, "label", "{}").id;
  const Window window = list_windows(catalogue, filter, 0, 1).front();
  put_label(catalogue, config, {window.id, Verdict::accepted, "dog", {0.9F, 0.1F}, 0.9, 0.8, 0.1});
  const double start_s = static_cast<double>(window.start_sample) / 32000;
  const auto verdict = [&] {
    Verdict found = Verdict::capped;
    for_each_labelled_window(catalogue, filter, config, {},
                             [&](const LabelledWindow& row) { found = row.label.verdict; });
    EXPECT_EQ(count_verdicts(catalogue, config)[0].verdict, found);
    return found;
  };
  EXPECT_EQ(verdict(), Verdict::accepted);
  JournalEntry reject = entry(start_s, VerdictKind::reject, "dog");
  reject.stretch.clip_id = window.clip_id;
  put(reject);
  EXPECT_EQ(verdict(), Verdict::doubtful);
  reject.label = "cat";
  put(reject);
  EXPECT_EQ(verdict(), Verdict::accepted) << "it is called otherwise now";
}

TEST(ReviewJournalMigration, TakesOverTheReviewsOfVersion5) {
  const TestFolder dir;
  {
    Database old(dir / "catalogue.db", DatabaseAccess::create);
    migrate_to(old, "old", 5);
    old.execute(
        "INSERT INTO sources VALUES (1, '/s', 'folder'); INSERT INTO licences VALUES (1, 'CC0');"
        "INSERT INTO classes VALUES (1, 'dog'); INSERT INTO recordings VALUES (1, 'take', 0, 0);"
        "INSERT INTO clips(id, recording_id, source_id, path, size_bytes, mtime_ns, metadata, author, licence_id, url,"
        " duration_ms, original_rate_hz, original_channel_count, original_codec) VALUES"
        " (1, 1, 1, 'a.wav', 1, 1, '', '', 1, '', 5000, 32000, 1, 'pcm');"
        "INSERT INTO reviews VALUES (3, 1, 500, 1000, 1, 'ann', 'door', '2026-01-01T00:00:00Z'),"
        " (4, 1, 1500, 1000, 0, '', '', '2026-01-02T00:00:00Z')");
  }
  Catalogue catalogue = Catalogue::open(dir.path());
  const auto entries = list_verdicts(catalogue);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].kind, VerdictKind::other_class);
  EXPECT_EQ(entries[0].label, "dog");
  EXPECT_EQ(entries[0].reviewer, "ann");
  EXPECT_EQ(entries[0].at, "2026-01-01T00:00:00Z");
  EXPECT_EQ(entries[0].note, "door");
  EXPECT_EQ(entries[1].kind, VerdictKind::none);
  EXPECT_EQ(list_reviews(catalogue).size(), 2U);
  EXPECT_EQ(undo_verdicts(catalogue, "unknown").size(), 1U);
  EXPECT_EQ(list_reviews(catalogue).size(), 1U);
}

}  // namespace
}  // namespace pupil::corpus
