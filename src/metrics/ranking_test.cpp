// SPDX-License-Identifier: Apache-2.0
#include "metrics/ranking.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "metrics/decisions.h"
#include "metrics/testing.h"

namespace pupil::metrics {
namespace {

using Flags = std::vector<std::uint8_t>;
using Scores = std::vector<float>;

// The example in scikit-learn's documentation of average_precision_score and roc_auc_score.
const Scores kScores = {0.1F, 0.4F, 0.35F, 0.8F};
const Flags kRelevant = {0, 0, 1, 1};

// The definition: the share of pairs in the right order, ties half.
double auc_by_pairs(const Scores& scores, const Flags& relevant) {
  double in_order = 0;
  double pairs = 0;
  for (std::size_t a = 0; a < scores.size(); ++a) {
    for (std::size_t b = 0; b < scores.size(); ++b) {
      if (relevant[a] == 0 || relevant[b] != 0) continue;
      pairs += 1;
      in_order += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
    }
  }
  return in_order / pairs;
}

Flags random_flags(std::size_t count, std::uint64_t seed) {
  Flags flags;
  for (const std::int32_t k : testing::random_classes(count, seed, 3)) flags.push_back(k == 0 ? 1 : 0);
  return flags;
}

TEST(AveragePrecisionTest, AgreesWithAPublishedExample) {
  EXPECT_DOUBLE_EQ(average_precision(kScores, kRelevant), 0.5 * 1.0 + 0.5 * (2.0 / 3));
}

TEST(AveragePrecisionTest, BestAndWorstOrder) {
  EXPECT_DOUBLE_EQ(average_precision(Scores{3, 2, 1, 0}, Flags{1, 1, 0, 0}), 1.0);
  EXPECT_DOUBLE_EQ(average_precision(Scores{3, 2, 1, 0}, Flags{0, 0, 1, 1}), (1.0 / 3 + 2.0 / 4) / 2);
}

TEST(AveragePrecisionTest, EqualScoresAreOneStep) {
  EXPECT_DOUBLE_EQ(average_precision(Scores{1, 1, 1, 1}, Flags{1, 0, 0, 0}), 0.25);
  EXPECT_DOUBLE_EQ(average_precision(Scores{1, 1, 1, 1}, Flags{0, 0, 0, 1}), 0.25);
  EXPECT_DOUBLE_EQ(average_precision(Scores{1, 1, 1, 0}, Flags{1, 1, 0, 0}), 2.0 / 3);
}

TEST(RocAucTest, AgreesWithAPublishedExample) {
  EXPECT_DOUBLE_EQ(roc_auc(kScores, kRelevant), 0.75);
}

TEST(RocAucTest, EqualScoresCountHalf) {
  EXPECT_DOUBLE_EQ(roc_auc(Scores{1, 1, 1, 1}, Flags{1, 0, 0, 1}), 0.5);
  EXPECT_DOUBLE_EQ(roc_auc(Scores{2, 1, 1, 0}, Flags{1, 1, 0, 0}), 3.5 / 4);
}

TEST(RocAucTest, EqualsTheShareOfPairsInOrder) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Scores scores = testing::random_scores(61, seed, 10);
    const Flags relevant = random_flags(61, seed + 100);
    EXPECT_NEAR(roc_auc(scores, relevant), auc_by_pairs(scores, relevant), 1e-14) << seed;
  }
}

TEST(RankingTest, DependsOnNoOrderAndNoRisingScale) {
  const Scores scores = testing::random_scores(200, 1, 12);
  const Flags relevant = random_flags(200, 2);
  const auto order = testing::random_order(200, 3);
  Scores cubed = scores;
  for (float& score : cubed) score = 5 * score * score * score - 7;
  const Scores moved = testing::permuted(scores, order);
  const Flags moved_relevant = testing::permuted(relevant, order);
  EXPECT_EQ(average_precision(scores, relevant), average_precision(moved, moved_relevant));
  EXPECT_EQ(roc_auc(scores, relevant), roc_auc(moved, moved_relevant));
  EXPECT_EQ(average_precision(scores, relevant), average_precision(cubed, relevant));
  EXPECT_EQ(roc_auc(scores, relevant), roc_auc(cubed, relevant));
}

TEST(RankingTest, IsNaNWhereNothingIsRelevant) {
  EXPECT_TRUE(std::isnan(average_precision(Scores{1, 2}, Flags{0, 0})));
  EXPECT_TRUE(std::isnan(roc_auc(Scores{1, 2}, Flags{0, 0})));
  EXPECT_TRUE(std::isnan(roc_auc(Scores{1, 2}, Flags{1, 1})));
  EXPECT_TRUE(std::isnan(average_precision({}, {})));
}

TEST(RankingTest, TakesInfinityButNoNaN) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  EXPECT_DOUBLE_EQ(roc_auc(Scores{infinity, 0, -infinity}, Flags{1, 0, 0}), 1.0);
  EXPECT_THROW(roc_auc(Scores{NAN, 0}, Flags{1, 0}), std::invalid_argument);
  EXPECT_THROW(average_precision(Scores{NAN, 0}, Flags{1, 0}), std::invalid_argument);
  EXPECT_THROW(average_precision(Scores{0}, Flags{1, 0}), std::invalid_argument);
}

TEST(PerClassTest, TakesEveryColumnByItself) {
  const Scores scores = {0.9F, 0.1F, 0.0F, /**/ 0.8F, 0.2F, 0.0F, /**/ 0.7F, 0.3F, 0.0F};
  const Flags relevant = one_of_k(std::vector<std::int32_t>{0, 1, kNone}, 3);
  EXPECT_EQ(relevant, (Flags{1, 0, 0, 0, 1, 0, 0, 0, 0}));
  const std::vector<double> values = per_class_average_precision(scores, relevant, 3);
  EXPECT_DOUBLE_EQ(values[0], 1.0);
  EXPECT_DOUBLE_EQ(values[1], 0.5);
  EXPECT_TRUE(std::isnan(values[2]));
  EXPECT_DOUBLE_EQ(mean_of_defined(values), 0.75);
  EXPECT_DOUBLE_EQ(per_class_roc_auc(scores, relevant, 3)[1], 0.5);
}

TEST(PerClassTest, RefusesAClassOutOfRange) {
  EXPECT_THROW(one_of_k(std::vector<std::int32_t>{3}, 3), std::invalid_argument);
}

}  // namespace
}  // namespace pupil::metrics
