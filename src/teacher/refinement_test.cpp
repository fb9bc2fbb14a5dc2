// SPDX-License-Identifier: Apache-2.0
#include "teacher/refinement.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/counter_random.h"
#include "base/error.h"

namespace pupil::teacher {
namespace {

using Floats = std::vector<float>;

constexpr std::int64_t kClasses = 4, kPerClass = 30, kItems = kClasses * kPerClass, kDimension = 16;

std::size_t class_of(std::int64_t item) {
  return static_cast<std::size_t>(item % kClasses);
}

// A corpus whose classes are clusters: item i is of class i mod 4.
Floats embeddings(double spread = 0.5) {
  Floats rows;
  for (std::int64_t i = 0; i < kItems; ++i) {
    CounterRandom centre(7, 0, 0, class_of(i)), own(7, 1, 0, static_cast<std::uint64_t>(i));
    for (std::int64_t d = 0; d < kDimension; ++d)
      rows.push_back(static_cast<float>(centre.normal() + spread * own.normal()));
  }
  return rows;
}

// Names that give an item's own class 0.5, but every third item's next one.
Floats weak_names() {
  Floats named(kItems * kClasses, 0.5F / 3);
  for (std::int64_t i = 0; i < kItems; ++i)
    named[static_cast<std::size_t>(i) * kClasses +
          (class_of(i) + (i / kClasses % 3 == 0 ? 1 : 0)) % kClasses] = 0.5F;
  return named;
}

double right_share(std::span<const float> posteriors) {
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < kItems; ++i) {
    const auto row = posteriors.subspan(static_cast<std::size_t>(i) * kClasses, kClasses);
    right += static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin()) == class_of(i)
                 ? 1
                 : 0;
  }
  return static_cast<double>(right) / kItems;
}

const RefinementOptions kAlways = {.least_agreement = 0, .least_lead = -1};

TEST(Refinement, ClustersOutvoteWrongNames) {
  EXPECT_NEAR(right_share(weak_names()), 2.0 / 3, 0.01);
  const Refinement refined = refine(embeddings(), weak_names(), kClasses, {}, kAlways);
  EXPECT_GT(right_share(refined.posteriors), 0.95);
  EXPECT_NEAR(refined.agreement, 2.0 / 3, 0.05);
}

TEST(Refinement, PrototypesScoreNewAudio) {
  const Floats rows = embeddings(), named(kClasses, 0.25F);
  const Refinement refined = refine(rows, weak_names(), kClasses, {}, kAlways);
  for (std::size_t k = 0; k < kClasses; ++k) {
    const Floats posterior =
        refined.prototypes.posterior(std::span(rows).subspan(k * kDimension, kDimension), named);
    EXPECT_EQ(std::max_element(posterior.begin(), posterior.end()) - posterior.begin(), std::ptrdiff_t(k));
  }
}

TEST(Refinement, RowsAreDistributions) {
  const Refinement refined = refine(embeddings(), weak_names(), kClasses, {}, kAlways);
  for (std::size_t i = 0; i < refined.posteriors.size(); i += kClasses) {
    double sum = 0;
    for (std::size_t k = 0; k < kClasses; ++k) sum += refined.posteriors[i + k];
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

TEST(Refinement, WhereTheEmbeddingDisagreesNamesStay) {
  EXPECT_TRUE(refine(embeddings(), weak_names(), kClasses, {}, {.least_agreement = 0.6}).helps);
  EXPECT_FALSE(
      refine(embeddings(), weak_names(), kClasses, {}, {.least_agreement = 0.6, .least_lead = 0.3}).helps);
  const Refinement refined = refine(embeddings(), weak_names(), kClasses, {}, {.least_agreement = 0.99});
  EXPECT_FLOAT_EQ(refined.named_confidence, 0.5);
  EXPECT_FALSE(refined.helps);
  EXPECT_EQ(refined.posteriors, weak_names());
  const Floats named = {0.1F, 0.2F, 0.3F, 0.4F};
  EXPECT_EQ(refined.prototypes.posterior(Floats(kDimension), named), named);
}

TEST(Refinement, FixedItemsStayAndTeach) {
  // The names cannot tell class 0 from 1; one given item of each does.
  Floats named(kItems * kClasses, 0.0F);
  for (std::int64_t i = 0; i < kItems; ++i) {
    float* row = &named[static_cast<std::size_t>(i) * kClasses];
    if (class_of(i) > 1)
      row[class_of(i)] = 1;
    else
      row[0] = row[1] = 0.5F;
  }
  std::vector<FixedItem> given;
  for (std::int64_t i = 0; i < 6 * kClasses; ++i) {
    if (class_of(i) > 1) continue;
    given.push_back({i, Floats(kClasses)});
    given.back().soft[class_of(i)] = 1;
  }
  const Refinement without = refine(embeddings(), named, kClasses, {}, kAlways);
  const Refinement with = refine(embeddings(), named, kClasses, given, kAlways);
  EXPECT_LT(right_share(without.posteriors), 0.9);
  EXPECT_GT(right_share(with.posteriors), 0.95);
  EXPECT_EQ(with.posteriors[0], 1.0F);
  EXPECT_EQ(with.posteriors[kClasses + 1], 1.0F);
}

TEST(Refinement, AClassOfFewItemsStaysAsNamed) {
  Floats named = weak_names();
  for (std::int64_t i = 0; i < kItems; ++i) {  // class 3 is named twice
    float* row = &named[static_cast<std::size_t>(i) * kClasses];
    row[3] = i < 2 ? 0.9F : 0.01F;
  }
  const Refinement refined = refine(embeddings(), named, kClasses, {}, kAlways);
  EXPECT_EQ(refined.prototypes.has_direction, (std::vector<std::uint8_t>{1, 1, 1, 0}));
  for (std::size_t i = 0; i < static_cast<std::size_t>(kItems); ++i)
    EXPECT_FLOAT_EQ(refined.posteriors[i * kClasses + 3], named[i * kClasses + 3]);
}

TEST(Refinement, StartMarginsTellWordsThatDoNotFit) {
  Floats named = weak_names();
  for (std::int64_t i = 0; i < kItems; ++i) named[static_cast<std::size_t>(i) * kClasses + 2] = 0.1F;
  const Refinement refined = refine(embeddings(), named, kClasses, {}, kAlways);
  EXPECT_NEAR(refined.start_margins[0], 0.5 - 0.5 / 3, 1e-6);
  EXPECT_LT(refined.start_margins[2], 0);
}

TEST(Refinement, DoesNotDependOnThreads) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Refinement one = refine(embeddings(), weak_names(), kClasses, {}, kAlways);
  at::set_num_threads(4);
  const Refinement four = refine(embeddings(), weak_names(), kClasses, {}, kAlways);
  at::set_num_threads(before);
  EXPECT_EQ(one.posteriors, four.posteriors);
  EXPECT_EQ(one.prototypes.directions, four.prototypes.directions);
}

TEST(Refinement, RefusesWhatDoesNotFit) {
  const Floats two = {1, 0, 0, 1}, named = {0.5F, 0.5F, 0.5F, 0.5F};
  EXPECT_THROW(refine({}, {}, 2), Error);
  EXPECT_THROW(refine(Floats{1, 2, 3}, named, 2), Error);
  EXPECT_THROW(refine(two, Floats{0.5F, 0.5F, 1}, 2), Error);
  EXPECT_THROW(refine(two, named, 1), Error);
  EXPECT_THROW(refine(Floats{1, 0, 0, std::numeric_limits<float>::quiet_NaN()}, named, 2), Error);
  const std::vector<FixedItem> outside = {{2, {1, 0}}}, twice = {{0, {1, 0}}, {0, {0, 1}}},
                               narrow = {{0, {1}}};
  EXPECT_THROW(refine(two, named, 2, outside), Error);
  EXPECT_THROW(refine(two, named, 2, twice), Error);
  EXPECT_THROW(refine(two, named, 2, narrow), Error);
}

}  // namespace
}  // namespace pupil::teacher
