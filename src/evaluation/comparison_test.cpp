// SPDX-License-Identifier: Apache-2.0
#include "evaluation/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

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

/// Tells tones from noise by the zero crossings of a window; its outputs are "low", "high", "noise", "else".
class CrossingModel final : public general::GeneralModel {
 public:
  const std::string& name() const override { return name_; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  std::int64_t file_bytes() const override { return 1000; }
  std::int64_t macs() const override { return 77; }
  double patch_s() const override { return 0.001; }
  general::GeneralOutput forward(std::span<const float> audio) const override {
    int crossings = 0;
    for (std::size_t i = 1; i < audio.size(); ++i) crossings += (audio[i] > 0) != (audio[i - 1] > 0) ? 1 : 0;
    const float share = static_cast<float>(crossings) / static_cast<float>(audio.size());
    const auto near = [&](float at) { return 5 - 40 * std::fabs(share - at); };
    return {{near(0.04F), near(0.37F), near(0.6F), -9}, {share, share * share, 1 - share}};
  }

 private:
  std::string name_ = "crossing";
  std::vector<std::string> class_names_ = {"low", "high", "noise", "else"};
};

TEST(Comparison, GeneralModelsAreMeasuredByNamesAndUnderAHead) {
  Place place;
  place.options.only = {"general"};
  place.options.general = {{"crossing", std::make_shared<CrossingModel>(), {{0}, {1}, {2, 3}}},
                           {"nameless", std::make_shared<CrossingModel>(), {}},
                           {"absent", nullptr, {}}};
  const Comparison comparison = compare(place.set, place.options);
  EXPECT_EQ(names(comparison),
            (std::vector<std::string>{"teacher", "crossing, names", "crossing, names standardised",
                                      "crossing, head", "nameless, head", "absent"}));
  EXPECT_GT(comparison.rows[1].accuracy[0], 0.6);
  EXPECT_GT(comparison.rows[3].accuracy[0], 0.8);
  EXPECT_EQ(comparison.rows[3].accuracy, comparison.rows[4].accuracy) << "the head sees no names";
  EXPECT_EQ(comparison.rows[1].bytes, 1000);
  EXPECT_GT(comparison.rows[3].bytes, 1000) << "the head comes on top";
  EXPECT_EQ(comparison.rows[2].macs_per_window, 77);
  EXPECT_TRUE(comparison.rows[5].accuracy.empty());
  EXPECT_NE(comparison_text(comparison).find("| absent | – | weights not here |"), std::string::npos)
      << comparison_text(comparison);
}

TEST(Comparison, IntervalsHoldTheFigureAndGainsArePaired) {
  Place place;
  place.options.only = {"general"};
  place.options.general = {{"crossing", std::make_shared<CrossingModel>(), {{3}, {3}, {3}}}};
  const Comparison comparison = compare(place.set, place.options);
  for (const ComparisonRow& row : comparison.rows) {
    EXPECT_NEAR(row.interval.value, row.accuracy[0], 1e-12) << row.name;
    EXPECT_LE(row.interval.low, row.interval.value);
    EXPECT_GE(row.interval.high, row.interval.value);
  }
  const ComparisonRow &teacher = comparison.rows[0], &mute = comparison.rows[1];
  const metrics::Interval gain = accuracy_gain(comparison, teacher, mute);
  EXPECT_NEAR(gain.value, teacher.accuracy[0] - mute.accuracy[0], 1e-12);
  EXPECT_GT(gain.low, 0)
      << "a model that cannot tell the classes apart is worse than a teacher that is always right";
  EXPECT_EQ(accuracy_gain(comparison, mute, mute).high, 0);
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
