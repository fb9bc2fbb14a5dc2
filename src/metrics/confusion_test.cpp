// SPDX-License-Identifier: Apache-2.0
#include "metrics/confusion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "metrics/testing.h"

namespace pupil::metrics {
namespace {

using Classes = std::vector<std::int32_t>;

// Three classes, worked out by hand: 0 is right 2 of 3, 1 is right 1 of 2, 2 is right 1 of 1.
const Classes kTruth = {0, 0, 0, 1, 1, 2};
const Classes kDecided = {0, 0, 1, 1, 2, 2};

TEST(ConfusionTest, CountsTruthAgainstDecision) {
  const ConfusionMatrix matrix(kTruth, kDecided, 3);
  EXPECT_EQ(matrix.count(0, 0), 2);
  EXPECT_EQ(matrix.count(0, 1), 1);
  EXPECT_EQ(matrix.count(1, 2), 1);
  EXPECT_EQ(matrix.count(2, 1), 0);
  EXPECT_EQ(matrix.counts().size(), 16U);
  EXPECT_EQ(matrix.counts()[0 * 4 + 1], 1);
}

TEST(ConfusionTest, FiguresOfOneClass) {
  const ClassFigures figures = ConfusionMatrix(kTruth, kDecided, 3).figures(1);
  EXPECT_EQ(figures.truth_count, 2);
  EXPECT_EQ(figures.decided_count, 2);
  EXPECT_EQ(figures.right_count, 1);
  EXPECT_DOUBLE_EQ(figures.precision, 0.5);
  EXPECT_DOUBLE_EQ(figures.recall, 0.5);
  EXPECT_DOUBLE_EQ(figures.f1, 0.5);
}

TEST(ConfusionTest, MeansOverClasses) {
  const ConfusionMatrix matrix(kTruth, kDecided, 3);
  EXPECT_DOUBLE_EQ(matrix.accuracy(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(matrix.balanced_accuracy(), (2.0 / 3 + 1.0 / 2 + 1.0) / 3);
  EXPECT_DOUBLE_EQ(matrix.macro_f1(), (4.0 / 5 + 2.0 / 4 + 2.0 / 3) / 3);
}

// The examples in scikit-learn's documentation of balanced_accuracy_score and f1_score(average="macro").
TEST(ConfusionTest, AgreesWithPublishedExamples) {
  EXPECT_DOUBLE_EQ(
      ConfusionMatrix(Classes{0, 1, 0, 0, 1, 0}, Classes{0, 1, 0, 0, 0, 1}, 2).balanced_accuracy(), 0.625);
  EXPECT_NEAR(ConfusionMatrix(Classes{0, 1, 2, 0, 1, 2}, Classes{0, 2, 1, 0, 0, 1}, 3).macro_f1(), 0.8 / 3,
              1e-15);
}

TEST(ConfusionTest, ClassesThatDoNotOccurAreLeftOutOfMeans) {
  const ConfusionMatrix matrix(kTruth, kDecided, 7);
  EXPECT_TRUE(std::isnan(matrix.figures(5).recall));
  EXPECT_TRUE(std::isnan(matrix.figures(5).precision));
  EXPECT_TRUE(std::isnan(matrix.figures(5).f1));
  const ConfusionMatrix small(kTruth, kDecided, 3);
  EXPECT_DOUBLE_EQ(matrix.macro_f1(), small.macro_f1());
  EXPECT_DOUBLE_EQ(matrix.balanced_accuracy(), small.balanced_accuracy());
}

TEST(ConfusionTest, ADecidedClassThatDoesNotOccurCostsF1) {
  EXPECT_DOUBLE_EQ(ConfusionMatrix(Classes{0, 0}, Classes{0, 1}, 2).macro_f1(), (2.0 / 3 + 0) / 2);
}

TEST(ConfusionTest, AbstainingCostsRecallButIsNoClass) {
  const ConfusionMatrix matrix(Classes{0, 0, 1}, Classes{0, kNone, 1}, 2);
  EXPECT_EQ(matrix.count(0, kNone), 1);
  EXPECT_DOUBLE_EQ(matrix.balanced_accuracy(), 0.75);
  EXPECT_DOUBLE_EQ(matrix.macro_f1(), (2.0 / 3 + 1) / 2);
}

TEST(ConfusionTest, NoneIsAClassWhereItIsTrue) {
  const ConfusionMatrix matrix(Classes{0, kNone, kNone}, Classes{0, kNone, 0}, 1);
  EXPECT_DOUBLE_EQ(matrix.balanced_accuracy(), 0.75);
  EXPECT_DOUBLE_EQ(matrix.macro_f1(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(matrix.accuracy(), 2.0 / 3);
}

TEST(ConfusionTest, OfNothingIsNaN) {
  const ConfusionMatrix matrix({}, {}, 2);
  EXPECT_TRUE(std::isnan(matrix.accuracy()));
  EXPECT_TRUE(std::isnan(matrix.balanced_accuracy()));
  EXPECT_TRUE(std::isnan(matrix.macro_f1()));
}

TEST(ConfusionTest, RefusesAClassOutOfRange) {
  EXPECT_THROW(ConfusionMatrix(Classes{2}, Classes{0}, 2), std::invalid_argument);
  EXPECT_THROW(ConfusionMatrix(Classes{0}, Classes{-2}, 2), std::invalid_argument);
}

TEST(ConfusionTest, DoesNotDependOnTheOrder) {
  const Classes truth = testing::random_classes(300, 4, 6);
  const Classes decided = testing::random_classes(300, 5, 6);
  const auto order = testing::random_order(300, 6);
  const ConfusionMatrix one(truth, decided, 6);
  const ConfusionMatrix other(testing::permuted(truth, order), testing::permuted(decided, order), 6);
  EXPECT_TRUE(std::equal(one.counts().begin(), one.counts().end(), other.counts().begin()));
  EXPECT_DOUBLE_EQ(one.accuracy(), accuracy(truth, decided));
}

TEST(ConfusionTest, RenamingClassesMovesNoMean) {
  const Classes truth = testing::random_classes(300, 7, 3);
  const Classes decided = testing::random_classes(300, 8, 3);
  const auto renamed = [](Classes classes) {
    for (std::int32_t& k : classes) k = 2 - k;
    return classes;
  };
  const ConfusionMatrix one(truth, decided, 3);
  const ConfusionMatrix other(renamed(truth), renamed(decided), 3);
  EXPECT_NEAR(one.macro_f1(), other.macro_f1(), 1e-15);
  EXPECT_NEAR(one.balanced_accuracy(), other.balanced_accuracy(), 1e-15);
}

}  // namespace
}  // namespace pupil::metrics
