// SPDX-License-Identifier: Apache-2.0
// The loop around the steps of a phase: lines of metrics, progress, checkpoints. Killed at any moment and
// started again from its last checkpoint, a phase ends with the bytes of one that ran through (same machine
// and number of threads).

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/json.h"
#include "training/training_phase.h"

namespace pupil::training {

struct LoopOptions {
  std::filesystem::path folder;  ///< of the training (checkpoint.h); must exist
  std::string configuration;     ///< as load_checkpoint() will ask for it
  /// Tensors that a checkpoint keeps beside the phase's own; they do not change meanwhile.
  std::map<std::string, at::Tensor> constants;
  /// Seconds between checkpoints: what a kill costs at most. 0: after every step.
  double checkpoint_s = 60;
  /// Steps between lines of metrics; the last step has one in any case.
  std::int64_t steps_per_line = 100;
  /// Completes a line, which has "step", the means and "learning_rate", before it is written. May be empty.
  std::function<void(Json& line)> complete_line;
  /// Of the progress bar; empty: none is shown.
  std::string label;
  std::string unit = "steps";  ///< what is counted: "windows"; metrics have "windows_per_s"
  std::int64_t units_per_step = 1;
  std::int64_t total_steps = 0;  ///< of the bar: of all phases
  /// Write metrics and checkpoints; of several processes the first does.
  bool writes = true;
  /// Stop, with a checkpoint, after so many more steps; -1: never. For tests.
  std::int64_t stop_after_steps = -1;
};

struct LoopResult {
  bool finished = false;   ///< the phase is done; false: stopped
  std::int64_t steps = 0;  ///< taken here
  double seconds = 0;
  double units_per_s = 0;  ///< 0 when no step was taken
};

/// Runs `phase` from where it is to its end. Error: TrainingPhase::take_step()'s, save_checkpoint()'s, or
/// metrics that cannot be written: the last good checkpoint stays.
LoopResult run_phase(TrainingPhase& phase, const LoopOptions& options);

}  // namespace pupil::training
