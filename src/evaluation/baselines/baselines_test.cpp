// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/baselines.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "evaluation/baselines/testing.h"
#include "metrics/decisions.h"

namespace pupil::evaluation {
namespace {

BaselineData clouds_data() {
  BaselineData data;
  data.mfcc = {testing::clouds(3, 80, 2.0F, 1), testing::clouds(3, 30, 2.0F, 2)};
  data.embedding = {testing::clouds(3, 80, 3.0F, 3), testing::clouds(3, 30, 3.0F, 4)};
  data.teacher_bytes = 1000;
  return data;
}

BaselineOptions quick() {
  BaselineOptions options;
  options.forest.tree_count = 20;
  options.svm = {{10, 1}, {1, 1}};
  return options;
}

TEST(BaselinesTest, RunsAllThreeOnTheSameWindows) {
  const BaselineData data = clouds_data();
  const std::vector<BaselineResult> results = run_baselines(data, quick());
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].name, "MFCC + SVM");
  EXPECT_EQ(results[1].name, "MFCC + random forest");
  EXPECT_EQ(results[2].name, "transfer learning");
  for (const BaselineResult& result : results) {
    ASSERT_EQ(result.test_scores.size(), 90U * 3) << result.name;
    EXPECT_GE(metrics::accuracy(data.mfcc.test.labels, metrics::decide(result.test_scores, 3)), 0.9)
        << result.name;
    EXPECT_GT(result.window_s, 0) << result.name;
    EXPECT_GT(result.train_s, 0) << result.name;
    EXPECT_GT(result.file_bytes, 0) << result.name;
    EXPECT_FALSE(result.settings.empty()) << result.name;
  }
  EXPECT_EQ(results[2].packed_bytes, 1000 + 4 * (3 * 3 + 3));
}

TEST(BaselinesTest, WithoutEmbeddingsTransferLearningIsLeftOut) {
  BaselineData data = clouds_data();
  data.embedding = {};
  EXPECT_EQ(run_baselines(data, quick()).size(), 2U);
}

TEST(BaselinesTest, NeverReadsTheLabelsOfTheTest) {
  BaselineData data = clouds_data();
  const std::vector<BaselineResult> honest = run_baselines(data, quick());
  for (std::int32_t& label : data.mfcc.test.labels) label = metrics::kNone;
  for (std::int32_t& label : data.embedding.test.labels) label = 99;
  const std::vector<BaselineResult> blind = run_baselines(data, quick());
  for (std::size_t i = 0; i < honest.size(); ++i) {
    EXPECT_EQ(honest[i].test_scores, blind[i].test_scores) << honest[i].name;
  }
}

TEST(BaselinesTest, ChoosesTheBetterSetting) {
  BaselineOptions options = quick();
  options.svm = {{1e-4, 1e-4}, {10, 1}};
  EXPECT_EQ(run_baselines(clouds_data(), options)[0].settings, "cost 10, gamma 1");
}

TEST(BaselinesTest, AClassWithoutWindowsIsNeverDecided) {
  BaselineData data = clouds_data();
  for (BaselineWindows* windows : {&data.mfcc, &data.embedding}) {
    for (std::int32_t& label : windows->train.labels) label = label == 2 ? 0 : label;
  }
  for (const BaselineResult& result : run_baselines(data, quick())) {
    for (const std::int32_t decided : metrics::decide(result.test_scores, data.mfcc.train.class_count))
      EXPECT_NE(decided, 2) << result.name;
  }
}

TEST(BaselinesTest, RefusesTablesThatDiffer) {
  BaselineData data = clouds_data();
  data.mfcc.test = testing::clouds(4, 10, 1, 1);
  EXPECT_THROW(run_baselines(data, quick()), Error);
}

}  // namespace
}  // namespace pupil::evaluation
