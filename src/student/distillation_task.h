// SPDX-License-Identifier: Apache-2.0
// What a student is trained for, as training::TrainingTasks: the float network for hard labels, soft targets and the
// teacher's embedding; its quantised form for what the float network says.

#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "student/batch_loader.h"
#include "student/distillation_loss.h"
#include "student/learner.h"
#include "student/trainer.h"
#include "training/training_task.h"

namespace pupil::student {

class DistillationTask : public training::TrainingTask {
 public:
  /// `embedding_size` of the teacher; 0: it has none. `loader` gives the batches in order, from the step on
  /// that the training begins or resumes at. `learner` and `loader` must outlive the task.
  DistillationTask(Learner& learner, const TrainSection& train, std::int32_t embedding_size,
                   std::int32_t feature_count, BatchLoader& loader);

  std::vector<training::ParameterGroup> groups() override;
  std::vector<nn::NamedTensor> statistics() override { return {{"statistics", learner_.statistics()}}; }
  at::Tensor loss(std::int64_t step, training::StepMeans& means) override;

 private:
  Targets targets(const Batch& batch) const;

  Learner& learner_;
  const TrainSection train_;
  at::Tensor
      projection_;  // [E, features], from features to the teacher's embedding; undefined where that is not learned
  BatchLoader& loader_;
  Batch batch_;  // The gradient looks at its values until the next one comes.
};

/// The float network's own answers lose less by quantising than the labels taught once more: the few steps there are go into the
/// roundings alone (docs/results.md).
class QuantisationTask : public training::TrainingTask {
 public:
  /// `float_form` is not trained. All must outlive the task.
  QuantisationTask(Learner& learner, Learner& float_form, const TrainSection& train, BatchLoader& loader);

  std::vector<training::ParameterGroup> groups() override;
  std::vector<nn::NamedTensor> statistics() override { return {{"statistics", learner_.statistics()}}; }
  at::Tensor loss(std::int64_t step, training::StepMeans& means) override;

 private:
  Learner& learner_;
  Learner& float_form_;
  const TrainSection train_;
  BatchLoader& loader_;
  Batch batch_;
};

}  // namespace pupil::student
