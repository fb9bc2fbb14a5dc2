// SPDX-License-Identifier: Apache-2.0
// What a student is trained for, as a training::TrainingTask: hard labels, soft targets and the teacher's
// embedding, for the float network and for its quantised form.

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

  /// From features to the teacher's embedding, [E, features]; undefined where the embedding is not learned.
  const at::Tensor& projection() const { return projection_; }
  /// Begins with that of another phase instead of a random one: a projection that has to be found anew pulls
  /// the features along.
  void set_projection(const at::Tensor& projection);

 private:
  Targets targets(const Batch& batch) const;

  Learner& learner_;
  const TrainSection train_;
  at::Tensor projection_;  // [E, features] or undefined
  BatchLoader& loader_;
  Batch batch_;  // The gradient looks at its values until the next one comes.
};

}  // namespace pupil::student
