// SPDX-License-Identifier: Apache-2.0
// One phase of a training: steps of AdamW on the groups of one task, with a learning-rate schedule and
// running averages.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "training/adam_w.h"
#include "training/checkpoint.h"
#include "training/cosine_schedule.h"
#include "training/training_task.h"

namespace pupil::training {

struct PhaseOptions {
  std::int64_t number = 0;      ///< in checkpoints
  std::int64_t first_step = 0;  ///< steps of the phases before this one
  CosineSchedule schedule;      ///< its step_count is the length of the phase
  AdamWOptions optimizer;
  double average_memory = 0.998;  ///< share of the running averages that is kept at each step
};

/// Threads: one at a time per object.
class TrainingPhase {
 public:
  /// `task` must outlive the phase.
  TrainingPhase(TrainingTask& task, const PhaseOptions& options);

  /// Trains on one batch. Error: the loss or a gradient is not finite; no weight and no average has changed
  /// then.
  void take_step();

  /// Steps done in all phases.
  std::int64_t step() const { return step_; }
  bool done() const { return own_step() >= options_.schedule.step_count; }
  /// The learning rate of the next step.
  double learning_rate() const { return options_.schedule.rate(own_step()); }
  /// Since the caller last cleared them.
  StepMeans& means() { return means_; }

  /// While it lives, the task's averaged groups and statistics are their running averages.
  class Averaged {
   public:
    explicit Averaged(TrainingPhase& phase) : phase_(phase) { phase_.swap_averages(); }
    ~Averaged() { phase_.swap_averages(); }
    Averaged(const Averaged&) = delete;
    Averaged& operator=(const Averaged&) = delete;

   private:
    TrainingPhase& phase_;
  };

  /// The task's averaged groups and statistics become their running averages for good: the end of a training.
  void adopt_averages();

  /// Place (but for the configuration) and state, copied to the CPU.
  void save(Checkpoint* checkpoint) const;
  /// Error: a tensor is missing or has another size.
  void restore(const Checkpoint& checkpoint);

 private:
  struct Group {
    ParameterGroup parameters;
    AdamW optimizer;
  };
  /// A tensor of the task and its running average.
  struct Average {
    std::string name;
    at::Tensor values, average;
  };

  std::int64_t own_step() const { return step_ - options_.first_step; }
  std::vector<double> gradient_norms();
  void swap_averages();
  std::vector<nn::NamedTensor> state() const;

  TrainingTask& task_;
  const PhaseOptions options_;
  std::vector<Group> groups_;
  std::vector<Average> averages_;
  std::vector<nn::NamedTensor> statistics_;
  StepMeans means_;
  std::int64_t step_;
};

}  // namespace pupil::training
