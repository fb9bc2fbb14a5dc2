// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train_stage.h"

#include <fstream>

#include "base/error.h"
#include "base/sha256.h"
#include "pipeline/export_stage.h"
#include "pipeline/test_stages.h"

namespace pupil::pipeline {
namespace {

class TrainStage : public StageTest {
 protected:
  TrainStage() {
    project.train.size = "tiny";
    project.train.epochs = 2;
    project.train.batch = 8;
    project.train.threads = 1;
    std::ofstream(folder / "pupil.toml") << "name = \"stages\"\n";
    label();
  }

  student::TrainerResult train(OldCheckpoint old = OldCheckpoint::refuse) {
    TrainStageOptions options;
    options.old_checkpoint = old;
    return run_train_stage(project, &catalogue, options);
  }
};

TEST_F(TrainStage, TrainsOnceAndSaysSoBeforehand) {
  const TrainForecast before = forecast_training(project, catalogue);
  EXPECT_FALSE(before.quantised);
  EXPECT_EQ(before.float_epochs_left, 2);
  EXPECT_GT(before.windows_per_epoch, 8);
  const student::TrainerResult result = train();
  EXPECT_GT(result.steps, 0);
  EXPECT_TRUE(std::filesystem::exists(result.student));
  EXPECT_TRUE(forecast_training(project, catalogue).quantised);
  EXPECT_EQ(train().steps, 0) << "the student is there already";
}

TEST_F(TrainStage, AStudentOfOtherSettingsIsKeptUnlessAskedFor) {
  train();
  project.train.learning_rate *= 2;
  EXPECT_THROW(train(), Error);
  EXPECT_GT(train(OldCheckpoint::replace).steps, 0);
}

TEST_F(TrainStage, ImpulseResponsesAreAPartOfTheSettings) {
  train();
  sounds.write_wav("microphones/a.wav", {0.9F, 0.3F, 0.1F, 0.0F}, 16000);
  project.train.impulse_responses = (sounds.path() / "microphones").string();
  EXPECT_FALSE(forecast_training(project, catalogue).quantised);
  EXPECT_GT(train(OldCheckpoint::replace).steps, 0);
  EXPECT_TRUE(forecast_training(project, catalogue).quantised);
  sounds.write_wav("microphones/b.wav", {0.5F, -0.5F}, 16000);
  EXPECT_FALSE(forecast_training(project, catalogue).quantised) << "another response is another training";
  project.train.impulse_responses = "nowhere";
  EXPECT_THROW(train(OldCheckpoint::replace), Error);
}

TEST_F(TrainStage, WhatIsTrainedIsExported) {
  train();
  run_export_stage(project, &catalogue, {});
  EXPECT_TRUE(export_is_current(project, catalogue));
  const std::string before = sha256_file(model_path(project));
  run_export_stage(project, &catalogue, {});
  EXPECT_EQ(sha256_file(model_path(project)), before);
  project.classes[0].prompts = {"another"};
  EXPECT_THROW(run_export_stage(project, &catalogue, {}), Error) << "labels are those of other prompts";
}

}  // namespace
}  // namespace pupil::pipeline
