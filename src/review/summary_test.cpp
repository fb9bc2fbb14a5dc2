// SPDX-License-Identifier: Apache-2.0
#include "review/summary.h"

#include <gtest/gtest.h>

#include "corpus/review_journal.h"
#include "corpus/synthetic.h"
#include "corpus/test_project.h"

namespace pupil::review {
namespace {

using corpus::VerdictKind;

// Wilson's interval of 9 in 10 is 0.5958 to 0.9821 (R: prop.test(9, 10, correct = FALSE)).
TEST(Summary, GivesWilsonsInterval) {
  const Share share{9, 10};
  EXPECT_NEAR(share.low(), 0.5958, 1e-4);
  EXPECT_NEAR(share.high(), 0.9821, 1e-4);
  EXPECT_EQ(Share{}.low(), 0);
  EXPECT_EQ(Share{}.high(), 1);
}

TEST(Summary, CountsKindsRepeatsAndAgreement) {
  const corpus::TestFolder folder;
  auto catalogue = corpus::Catalogue::create(folder.path());
  corpus::add_synthetic_clips(catalogue, 1, 1);
  const auto put = [&](double start_s, VerdictKind kind, const char* label, const char* who,
                       std::int64_t repeat = 0) {
    corpus::JournalEntry entry;
    entry.stretch = {1, start_s, 1};
    entry.kind = kind;
    entry.label = label;
    entry.reviewer = who;
    entry.repeat_of = repeat;
    corpus::put_verdicts(catalogue, {&entry, 1});
  };
  put(0, VerdictKind::accept, "dog", "ann");
  put(1, VerdictKind::reject, "dog", "ann");
  put(2, VerdictKind::none, "", "ann");
  put(3, VerdictKind::unsure, "", "ann");
  put(0, VerdictKind::other_class, "dog", "bob");
  put(1, VerdictKind::other_class, "cat", "bob");
  put(0, VerdictKind::accept, "dog", "ann", 1);
  put(2, VerdictKind::accept, "dog", "ann", 3);
  const Summary summary = summarise(catalogue);
  EXPECT_EQ(summary.classes.at("dog").accepted, 1);
  EXPECT_EQ(summary.classes.at("dog").rejected, 1);
  EXPECT_EQ(summary.classes.at("cat").given, 1);
  EXPECT_EQ(summary.none, 1);
  EXPECT_EQ(summary.reviewers.at("ann").verdicts, 4);
  EXPECT_EQ(summary.reviewers.at("ann").unsure, 1);
  EXPECT_EQ(summary.reviewers.at("ann").repeated.hits, 1);
  EXPECT_EQ(summary.reviewers.at("ann").repeated.count, 2);
  EXPECT_EQ(summary.agreement.hits, 1);
  EXPECT_EQ(summary.agreement.count, 2);
  EXPECT_NE(summary_text(summary).find("ann: 4 verdicts, 1 unsure; blind repeats that agree: 1 of 2"),
            std::string::npos);
}

}  // namespace
}  // namespace pupil::review
