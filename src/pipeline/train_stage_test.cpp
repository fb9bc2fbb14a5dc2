// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train_stage.h"

#include <chrono>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/sha256.h"
#include "corpus/review_journal.h"
#include "corpus/reviews.h"
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

  corpus::Window first_window(corpus::Split split) {
    corpus::WindowFilter filter = require_labels(project, catalogue).active(project.label);
    filter.split = split;
    return corpus::list_windows(catalogue, filter).front();
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

// What the label stage knows nothing of: it decides no label, and yet the student learned what it must not.
TEST_F(TrainStage, ANoMakesTheStudentOldAndNothingElse) {
  EXPECT_EQ(student_problem(project, catalogue), "no student is trained yet");
  train();
  EXPECT_EQ(student_problem(project, catalogue), "");
  const ConfigChain before = require_labels(project, catalogue);
  const corpus::Window window = first_window(corpus::Split::train);
  corpus::JournalEntry no;
  no.stretch = {window.clip_id, static_cast<double>(window.start_sample) / 16000, 1};
  no.kind = corpus::VerdictKind::reject;
  no.label = corpus::get_label(catalogue, before.label.id, window.id)->label;
  no.reviewer = "ann";
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // times have whole seconds
  corpus::put_verdicts(catalogue, {&no, 1});
  EXPECT_EQ(student_problem(project, catalogue), "1 verdict was given since it was trained");
  EXPECT_EQ(require_labels(project, catalogue).label.hash, before.label.hash);
  EXPECT_TRUE(forecast_labels(project, catalogue).nothing_to_do());
  EXPECT_FALSE(forecast_training(project, catalogue).quantised);
  EXPECT_GT(train(OldCheckpoint::replace).steps, 0);
  EXPECT_EQ(student_problem(project, catalogue), "");
  EXPECT_EQ(train().steps, 0) << "and no more";
}

TEST_F(TrainStage, AVerdictOnATestRecordingTrainsNothing) {
  train();
  const corpus::Window window = first_window(corpus::Split::test);
  corpus::put_review(catalogue, {0, window.clip_id, static_cast<double>(window.start_sample) / 16000, 1,
                                 "high", "ann", "", ""});
  EXPECT_EQ(student_problem(project, catalogue), "");
  EXPECT_TRUE(forecast_training(project, catalogue).quantised);
  EXPECT_EQ(train().steps, 0);
}

TEST_F(TrainStage, OtherSettingsMakeTheStudentOld) {
  train();
  project.train.learning_rate *= 2;
  EXPECT_EQ(student_problem(project, catalogue),
            "made with other labels, recordings or another [train] section");
  project.label.accept = 0.99;
  EXPECT_EQ(student_problem(project, catalogue), "its labels are stale");
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
