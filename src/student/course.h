// One phase of a training: steps of one learner, with its optimizer, projection and running averages.

#pragma once

#include <memory>

#include "student/batch_loader.h"
#include "student/checkpoint.h"
#include "student/distillation_loss.h"
#include "student/learner.h"
#include "student/optimizer.h"
#include "student/trainer.h"

namespace pupil::student {

/// Sums over the steps of an epoch, for its line of metrics.
struct EpochSums {
  double total = 0, hard = 0, soft = 0, embedding = 0, steps = 0;
};

class Course {
 public:
  struct Plan {
    std::int64_t phase = 0;
    std::int64_t first_step = 0;
    std::int64_t step_count = 0;
    double peak_rate = 0;
    double warm_up = 0;
    double weight_decay = 0;
  };

  /// `learner` must outlive the course.
  Course(Learner& learner, const TrainSection& train, std::int32_t embedding_size, std::int32_t feature_count,
         const Plan& plan);

  /// Learns one batch; Error when the loss is not a number, before anything is changed.
  void learn(const Batch& batch, const LiveTeacher& teacher);

  /// Steps done in all phases.
  std::int64_t step() const { return step_; }
  bool done() const { return step_ >= plan_.first_step + plan_.step_count; }
  double rate() const;
  EpochSums& sums() { return sums_; }

  /// Learner's parameters and statistics become their running averages until the object is destroyed.
  class Averaged {
   public:
    explicit Averaged(Course& course);
    ~Averaged();
    Averaged(const Averaged&) = delete;
    Averaged& operator=(const Averaged&) = delete;

   private:
    void swap();
    Course& course_;
  };

  /// From features to the teacher's embedding, [E, features]; undefined where the embedding is not learned.
  const at::Tensor& projection() const { return projection_; }
  /// Begins where another course ended, instead of anywhere: a projection that has to be found anew pulls the
  /// features along.
  void set_projection(const at::Tensor& projection);

  const at::Tensor& average_parameters() const { return average_parameters_; }
  const at::Tensor& average_statistics() const { return average_statistics_; }

  void save(Checkpoint* checkpoint) const;
  void restore(const Checkpoint& checkpoint);

 private:
  Targets targets(const Batch& batch, const LiveTeacher& teacher) const;
  std::map<std::string, at::Tensor> state() const;

  Learner& learner_;
  const TrainSection train_;
  const Plan plan_;
  AdamW adam_;
  at::Tensor projection_;  // [E, features] or undefined
  std::unique_ptr<AdamW> projection_adam_;
  at::Tensor average_parameters_, average_statistics_;
  std::int64_t step_;
  EpochSums sums_;
};

}  // namespace pupil::student
