// SPDX-License-Identifier: Apache-2.0
// What holds for every classical baseline, and what is particular to each.

#include "evaluation/baselines/classifier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/error.h"
#include "evaluation/baselines/linear_head.h"
#include "evaluation/baselines/random_forest.h"
#include "evaluation/baselines/svm.h"
#include "evaluation/baselines/testing.h"
#include "metrics/confusion.h"

namespace pupil::evaluation {
namespace {

struct Kind {
  const char* name;
  std::function<std::unique_ptr<Classifier>(const WindowTable&)> train;
};

std::vector<Kind> kinds() {
  return {{"svm", [](const WindowTable& table) { return train_svm(table, {}); }},
          {"forest", [](const WindowTable& table) { return train_random_forest(table, {.tree_count = 30}); }},
          {"linear", [](const WindowTable& table) { return train_linear_head(table, {}); }}};
}

std::vector<float> score_all(const Classifier& classifier, const WindowTable& table) {
  const auto classes = static_cast<std::size_t>(table.class_count);
  std::vector<float> scores(table.window_count() * classes, -1.0F);
  for (std::size_t n = 0; n < table.window_count(); ++n) {
    classifier.score(table.row(n), std::span(scores).subspan(n * classes, classes));
  }
  return scores;
}

double recall_of_last(const Classifier& classifier, const WindowTable& table) {
  const std::vector<std::int32_t> decided = metrics::decide(score_all(classifier, table), table.class_count);
  return metrics::ConfusionMatrix(table.labels, decided, table.class_count)
      .figures(table.class_count - 1)
      .recall;
}

TEST(ClassifierTest, LearnsCloudsThatLieApart) {
  const WindowTable train = testing::clouds(4, 60, 2.2F, 1);
  const WindowTable test = testing::clouds(4, 60, 2.2F, 2);
  for (const Kind& kind : kinds()) {
    const std::vector<float> scores = score_all(*kind.train(train), test);
    EXPECT_GE(metrics::accuracy(test.labels, metrics::decide(scores, 4)), 0.97) << kind.name;
    for (const float score : scores) EXPECT_TRUE(score >= 0 && score <= 1) << kind.name;
  }
}

TEST(ClassifierTest, IsTheSameEveryTime) {
  const WindowTable train = testing::clouds(3, 60, 0.8F, 1);
  for (const Kind& kind : kinds()) {
    EXPECT_EQ(score_all(*kind.train(train), train), score_all(*kind.train(train), train)) << kind.name;
  }
}

TEST(ClassifierTest, AClassThatDoesNotOccurIsNeverDecided) {
  WindowTable train = testing::clouds(3, 40, 2.5F, 1);
  for (std::int32_t& label : train.labels) label = label == 1 ? 2 : label;
  for (const Kind& kind : kinds()) {
    for (const std::int32_t decided : metrics::decide(score_all(*kind.train(train), train), 3)) {
      EXPECT_NE(decided, 1) << kind.name;
    }
  }
}

TEST(ClassifierTest, WeightsBringARareClassBack) {
  const WindowTable all = testing::clouds(2, 200, 0.2F, 1);
  WindowTable rare;  // 200 of class 0, 12 of class 1
  rare.feature_count = rare.class_count = 2;
  for (std::size_t n = 0; n < 212; ++n) rare.add(all.row(n), all.labels[n], all.recording_ids[n]);
  WindowTable balanced = rare;
  balance_classes(balanced);
  const WindowTable test = testing::clouds(2, 200, 0.2F, 2);
  std::vector<Kind> tried = kinds();
  tried[1] = {"forest of small trees", [](const WindowTable& table) {
                return train_random_forest(table, {.tree_count = 30, .min_windows = 40});
              }};
  for (const Kind& kind : tried) {
    EXPECT_GT(recall_of_last(*kind.train(balanced), test), recall_of_last(*kind.train(rare), test) + 0.05)
        << kind.name;
  }
}

TEST(ClassifierTest, KnowsItsSize) {
  const WindowTable train = testing::clouds(3, 60, 0.8F, 1);
  for (const Kind& kind : kinds()) {
    const auto classifier = kind.train(train);
    EXPECT_GT(classifier->packed_bytes(), 0) << kind.name;
    EXPECT_GE(classifier->file_bytes(), classifier->packed_bytes()) << kind.name;
  }
  EXPECT_EQ(train_linear_head(train, {})->packed_bytes(), 4 * (3 * 3 + 3));
}

TEST(ClassifierTest, RefusesATableItCannotLearnFrom) {
  WindowTable bad = testing::clouds(3, 20, 1, 1);
  bad.features[4] = INFINITY;
  for (const Kind& kind : kinds()) EXPECT_THROW(kind.train(bad), Error) << kind.name;
  WindowTable empty;
  empty.feature_count = empty.class_count = 2;
  for (const Kind& kind : kinds()) EXPECT_THROW(kind.train(empty), Error) << kind.name;
}

TEST(RandomForestTest, OtherSeedsGiveOtherForests) {
  const WindowTable train = testing::clouds(3, 60, 0.8F, 1);
  const auto scores = [&](std::uint64_t seed) {
    return score_all(*train_random_forest(train, {.tree_count = 10, .seed = seed}), train);
  };
  EXPECT_EQ(scores(5), scores(5));
  EXPECT_NE(scores(5), scores(6));
}

TEST(RandomForestTest, HoldsAsManyTreesAsAsked) {
  const WindowTable train = testing::clouds(3, 60, 0.8F, 1);
  const auto few = train_random_forest(train, {.tree_count = 10});
  const auto many = train_random_forest(train, {.tree_count = 80});
  EXPECT_NEAR(static_cast<double>(many->packed_bytes()) / static_cast<double>(few->packed_bytes()), 8, 1);
}

// One feature at -1 and 1: with weights -w and w the loss is ln(1 + exp(-2 w)) + decay w^2, least where
// decay w = 1 / (1 + exp(2 w)).
TEST(LinearHeadTest, EqualsTheClosedForm) {
  WindowTable train;
  train.feature_count = 1;
  train.class_count = 2;
  train.add(std::vector<float>{-1}, 0, 0);
  train.add(std::vector<float>{1}, 1, 1);
  double low = 0;
  double high = 10;
  for (int i = 0; i < 60; ++i) {
    const double w = (low + high) / 2;
    (0.1 * w < 1 / (1 + std::exp(2 * w)) ? low : high) = w;
  }
  std::vector<float> scores(2);
  train_linear_head(train, {.decay = 0.1})->score(std::vector<float>{1}, scores);
  EXPECT_NEAR(scores[1], 1 / (1 + std::exp(-2 * low)), 1e-4);
  EXPECT_NEAR(scores[0] + scores[1], 1, 1e-6);
}

// A window of weight 3 is a window that stands there three times.
TEST(LinearHeadTest, AWeightIsARepetition) {
  const WindowTable once = testing::clouds(3, 20, 0.8F, 1);
  WindowTable weighted = once;
  WindowTable repeated = once;
  for (std::size_t n = 0; n < once.window_count(); ++n) {
    weighted.weights[n] = n % 2 == 0 ? 3.0F : 1.0F;
    for (int copy = 0; n % 2 == 0 && copy < 2; ++copy) repeated.add(once.row(n), once.labels[n], 0);
  }
  const std::vector<float> a = score_all(*train_linear_head(weighted, {.decay = 1e-3}), once);
  const std::vector<float> b = score_all(*train_linear_head(repeated, {.decay = 1e-3}), once);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-2) << i;
}

}  // namespace
}  // namespace pupil::evaluation
