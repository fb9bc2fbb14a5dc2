// SPDX-License-Identifier: Apache-2.0
// The training stage: the student's float phase and, behind it, the quantised one. It joins the training
// set (training_set_stage.h), the teachers that may score the augmented audio (label_stage.h) and the trainer
// (src/student).

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/json.h"
#include "corpus/catalogue.h"
#include "corpus/store.h"
#include "project/project_file.h"
#include "student/trainer.h"

namespace pupil::pipeline {

/// What a checkpoint is worth that does not belong to the present configuration.
enum class OldCheckpoint {
  refuse,   ///< Error: the user may want it back
  replace,  ///< forgotten: what it stood on has changed
  forget    ///< forgotten, and one of this configuration as well
};

struct TrainStageOptions {
  std::filesystem::path folder;  ///< where the student is made; empty: DIR/train
  std::filesystem::path set;     ///< a set that was prepared elsewhere; empty: of the catalogue
  OldCheckpoint old_checkpoint = OldCheckpoint::refuse;
  bool float_only = false;  ///< stop before the quantised phase
  Json record;              ///< the options as the run record will show them
  /// Other processes that take part by join_train_stage(); null: alone. Must outlive the call.
  training::ProcessGroup* group = nullptr;
};

/// Trains, or goes on, or does nothing where the student is there already. `catalogue` may be null where
/// `options.set` names a set and no teacher scores the augmented audio. Error: as student::train_student().
student::TrainerResult run_train_stage(const Project& project, corpus::Catalogue* catalogue,
                                       const TrainStageOptions& options);

/// Does one's part of a training that the first process of `group` runs by run_train_stage(), in the same folder. Error: as
/// train_student().
void join_train_stage(const Project& project, const TrainStageOptions& options);

/// What the stage would find to do.
struct TrainForecast {
  bool float_done = false;
  bool quantised = false;  ///< the student is there
  double float_epochs_left = 0;
  double quantise_epochs_left = 0;
  std::int64_t windows_per_epoch = 0;  ///< 0: nothing is labelled yet
  std::string kind;                    ///< of work, for measured_rate(): windows
};

/// Makes no set and writes nothing. Error: as run_train_stage(), where there is nothing to learn from.
TrainForecast forecast_training(const Project& project, corpus::Catalogue& catalogue);

/// Why the project's student is not the one that the present recordings, labels, verdicts and [train] section would give, in
/// words; empty: it is. A verdict that changes no label of a window ("no" among them) counts as well.
std::string student_problem(const Project& project, corpus::Catalogue& catalogue);

}  // namespace pupil::pipeline
