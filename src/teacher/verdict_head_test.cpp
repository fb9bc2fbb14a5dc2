// SPDX-License-Identifier: Apache-2.0
#include "teacher/verdict_head.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/counter_random.h"
#include "base/text.h"

namespace pupil::teacher {
namespace {

using Floats = std::vector<float>;

constexpr std::int64_t kClasses = 3, kItems = 120, kDimension = 12;
const RefinementOptions kAlways = {.least_agreement = 0, .least_lead = -1};

std::size_t class_of(std::int64_t item) {
  return static_cast<std::size_t>(item % kClasses);
}

// A class is a cluster, but wider than the prototypes can tell from words that say otherwise.
Floats embeddings() {
  Floats rows;
  for (std::int64_t i = 0; i < kItems; ++i) {
    CounterRandom own(3, 1, 0, static_cast<std::uint64_t>(i));
    for (std::int64_t d = 0; d < kDimension; ++d) {
      const double centre = d == static_cast<std::int64_t>(class_of(i)) ? 2.5 : 0;
      rows.push_back(static_cast<float>(centre + own.normal()));
    }
  }
  return rows;
}

// The names are sure that every item of the third class is of the first.
Floats names() {
  Floats named(kItems * kClasses, 0.01F);
  for (std::int64_t i = 0; i < kItems; ++i)
    named[static_cast<std::size_t>(i) * kClasses + (class_of(i) == 2 ? 0 : class_of(i))] = 0.98F;
  return named;
}

// The true classes of the first `count` items, each of its own recording.
std::vector<KnownItem> verdicts(std::int64_t count) {
  std::vector<KnownItem> known;
  for (std::int64_t i = 0; i < count; ++i) {
    known.push_back({{i, Floats(kClasses)}, concat("recording ", i)});
    known.back().fixed.soft[class_of(i)] = 1;
  }
  return known;
}

std::int64_t right_count(const Refinement& refined) {
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < kItems; ++i) {
    const auto row = refined.posteriors.begin() + i * kClasses;
    right += std::max_element(row, row + kClasses) - row == static_cast<std::ptrdiff_t>(class_of(i)) ? 1 : 0;
  }
  return right;
}

TEST(VerdictHead, WithoutVerdictsItIsTheRefinement) {
  const TaughtRefinement taught = refine_with_verdicts(embeddings(), names(), kClasses, {}, kAlways);
  EXPECT_EQ(taught.refinement.posteriors, refine(embeddings(), names(), kClasses, {}, kAlways).posteriors);
  EXPECT_TRUE(taught.refinement.prototypes.head_shares.empty());
  EXPECT_TRUE(taught.validation.classes.empty());
}

TEST(VerdictHead, FewVerdictsOnlyFixTheirItems) {
  const auto known = verdicts(6);
  const TaughtRefinement taught = refine_with_verdicts(embeddings(), names(), kClasses, known, kAlways);
  std::vector<FixedItem> fixed;
  for (const KnownItem& one : known) fixed.push_back(one.fixed);
  EXPECT_EQ(taught.refinement.posteriors, refine(embeddings(), names(), kClasses, fixed, kAlways).posteriors);
}

TEST(VerdictHead, TakesAShareWhereItIsBetter) {
  const auto known = verdicts(45);
  std::vector<FixedItem> fixed;
  for (const KnownItem& one : known) fixed.push_back(one.fixed);
  const TaughtRefinement taught = refine_with_verdicts(embeddings(), names(), kClasses, known, kAlways);
  EXPECT_GT(taught.validation.share, 0);
  EXPECT_GT(taught.validation.loss_gain, taught.validation.loss_gain_error);
  EXPECT_GT(right_count(taught.refinement),
            right_count(refine(embeddings(), names(), kClasses, fixed, kAlways)));
  EXPECT_EQ(taught.refinement.prototypes.head_shares.size(), static_cast<std::size_t>(kClasses));
}

// Verdicts that are drawn by lot teach nothing that holds for others.
TEST(VerdictHead, HasNoShareWhereVerdictsTellNothing) {
  std::vector<KnownItem> known = verdicts(45);
  for (KnownItem& one : known) {
    CounterRandom lot(5, 0, 0, static_cast<std::uint64_t>(one.fixed.item));
    std::fill(one.fixed.soft.begin(), one.fixed.soft.end(), 0.0F);
    one.fixed.soft[static_cast<std::size_t>(lot.uniform() * kClasses)] = 1;
  }
  const RefinementOptions never = {.least_agreement = 2};
  const TaughtRefinement taught =
      refine_with_verdicts(embeddings(), Floats(kItems * kClasses, 1.0F / kClasses), kClasses, known, never);
  EXPECT_EQ(taught.validation.share, 0);
  EXPECT_TRUE(taught.refinement.prototypes.head_shares.empty());
}

TEST(VerdictHead, CountsHeldOutVerdictsByClass) {
  const TaughtRefinement taught =
      refine_with_verdicts(embeddings(), names(), kClasses, verdicts(45), kAlways);
  ASSERT_EQ(std::ssize(taught.validation.classes), kClasses);
  for (const ClassValidation& counts : taught.validation.classes) EXPECT_EQ(counts.verdict_count, 15);
  const ClassValidation& weak = taught.validation.classes[2];
  EXPECT_GT(weak.right_count, weak.unaided_count);
}

}  // namespace
}  // namespace pupil::teacher
