// SPDX-License-Identifier: Apache-2.0
// The training of a student: a float phase, then a quantisation-aware one. Killed at any moment and started
// again it resumes from the last checkpoint, and ends with the bytes of an uninterrupted training.
//
// A folder of a training holds the checkpoint and the metrics (training/checkpoint.h; one line per epoch) and
//   student.safetensors      the student, written at the end: see student_file.h

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "project/project_file.h"
#include "student/impulse_responses.h"
#include "student/network_spec.h"
#include "student/training_set.h"
#include "training/process_group.h"

namespace pupil::student {

struct TrainerOptions {
  TrainSection train;
  std::filesystem::path folder;  ///< made when missing
  ImpulseResponses responses;    ///< of the folder train.impulse_responses
  bool fresh = false;            ///< forget a checkpoint that is there
  bool progress = true;          ///< show a bar
  /// Processes that do this training together, with the same options but for `progress`; the first writes the files. The
  /// result has the bits of one process. Null: alone. Must outlive the call.
  training::ProcessGroup* group = nullptr;
  /// Stop, with a checkpoint, where the quantised phase would begin; train_student() without it goes on from
  /// there.
  bool float_only = false;
  /// Stop, with a checkpoint, after so many more steps; -1: never. For tests.
  std::int64_t stop_after_steps = -1;
};

struct TrainerResult {
  std::filesystem::path
      student;  ///< student.safetensors; empty when the training was stopped or is float_only
  std::int64_t steps = 0;
  double windows_per_s = 0;  ///< of this run, all work included
  double waited_s = 0;       ///< for the loader
};

/// The network that [train] describes for this set. Error: as make_network().
NetworkSpec student_network(const TrainSection& train, const TrainingSet& set);

/// What decides the result of a training: of [train] all but device, threads, checkpoint_s and absent_classes, and the
/// set's configuration. Of a backbone and of impulse responses their content counts, not the name. Error: the backbone
/// is not here.
std::string training_configuration(const TrainSection& train, const TrainingSet& set,
                                   const ImpulseResponses& responses);

/// Trains, or goes on with, or (where student.safetensors is of this configuration) does nothing. Where only
/// quantise_epochs and quantise_rate have changed, the float phase stays and quantising begins anew. Error: a
/// class without windows; a checkpoint of another float phase; a loss that is not a number, or a full disk:
/// the last good checkpoint stays.
TrainerResult train_student(const TrainingSet& set, const TrainerOptions& options);

/// How far the training in a folder is.
struct TrainingState {
  bool finished = false;  ///< student.safetensors is of this configuration
  bool other_checkpoint =
      false;  ///< a checkpoint of another float phase is in the way (TrainerOptions::fresh)
  std::int64_t steps_per_epoch = 0;
  std::int64_t float_steps = 0;  ///< of the whole float phase
  std::int64_t quantise_steps = 0;
  std::int64_t steps_done = 0;  ///< of both, by the checkpoint
};

/// Error: as train_student(), where the set has nothing to learn from.
TrainingState training_state(const TrainingSet& set, const TrainSection& train,
                             const std::filesystem::path& folder, const ImpulseResponses& responses = {});

struct TrainingSpeed {
  double windows_per_s = 0;  ///< median over rounds
  double waited_share = 0;   ///< of the time, for the loader
};

/// Times `rounds` times `steps` steps of a training, after as many to warm up; nothing is written.
TrainingSpeed measure_training(const TrainingSet& set, const TrainSection& train, std::int64_t steps,
                               std::int64_t rounds);

}  // namespace pupil::student
