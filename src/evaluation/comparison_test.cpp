// SPDX-License-Identifier: Apache-2.0
#include "evaluation/comparison.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "student/test_set.h"

namespace pupil::evaluation {
namespace {

struct Place {
  TestFolder folder;
  student::TrainingSet set = student::make_test_set(folder / "set.safetensors", {.clips_per_class = 16});
  ComparisonOptions options;

  Place() {
    options.train = student::short_training();
    options.folder = folder / "compare";
    options.progress = false;
  }
};

std::vector<std::string> names(const Comparison& comparison) {
  std::vector<std::string> names;
  for (const ComparisonRow& row : comparison.rows) names.push_back(row.name);
  return names;
}

TEST(Comparison, EveryWayIsTrainedOncePerSeedAndMeasuredOnTestClips) {
  Place place;
  place.options.only = {"distilled", "given", "baselines"};
  place.options.seeds = 2;
  const Comparison comparison = compare(place.set, place.options);
  EXPECT_EQ(names(comparison),
            (std::vector<std::string>{"teacher", "distilled, float", "distilled, int8 after training",
                                      "distilled, int8", "given, float", "given, int8", "MFCC + SVM",
                                      "MFCC + random forest", "transfer learning"}));
  EXPECT_EQ(comparison.clip_count, 9) << "every fifth of 48";
  EXPECT_EQ(comparison.rows[0].accuracy, std::vector<double>{1.0}) << "this teacher is always right";
  for (const ComparisonRow& row : comparison.rows) {
    const bool has_seeds = row.name.find("distilled") == 0 || row.name.find("given") == 0;
    EXPECT_EQ(row.accuracy.size(), has_seeds ? 2U : 1U) << row.name;
    EXPECT_EQ(row.retained, row.accuracy) << row.name;
    EXPECT_GT(row.accuracy[0], 0.5) << row.name;
  }
  EXPECT_LT(comparison.rows[3].bytes, comparison.rows[1].bytes) << "int8 is smaller than float";
}

TEST(Comparison, SecondTimeNothingIsTrained) {
  Place place;
  place.options.only = {"hard"};
  const Comparison first = compare(place.set, place.options);
  const auto student = place.options.folder / "hard-seed1" / "student.safetensors";
  const auto written = std::filesystem::last_write_time(student);
  const Comparison second = compare(place.set, place.options);
  EXPECT_EQ(std::filesystem::last_write_time(student), written);
  EXPECT_EQ(first.rows[1].accuracy, second.rows[1].accuracy);
}

TEST(Comparison, TakesTheStudentThatIsThereAlready) {
  Place place;
  student::TrainerOptions training;
  training.train = place.options.train;
  training.folder = place.options.trained = place.folder / "train";
  training.progress = false;
  student::train_student(place.set, training);
  place.options.only = {"distilled"};
  place.options.seeds = 2;
  compare(place.set, place.options);
  EXPECT_FALSE(std::filesystem::exists(place.options.folder / "distilled-seed1"));
  EXPECT_TRUE(std::filesystem::exists(place.options.folder / "distilled-seed2"))
      << "another seed is another student";
}

TEST(Comparison, AnUnknownRowIsNamed) {
  Place place;
  place.options.only = {"distiled"};
  try {
    compare(place.set, place.options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'distilled'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace pupil::evaluation
