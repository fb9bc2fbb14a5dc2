// SPDX-License-Identifier: Apache-2.0
// The training of a backbone: a MelCNN's body learns a teacher's embedding and AudioSet probabilities,
// through a projection and a head that are thrown away afterwards. Killed at any moment and run again it
// resumes from the last checkpoint and ends with the bytes of an uninterrupted training
// (training/training_loop.h).

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pretrain/backbone_batch.h"
#include "pretrain/example_pool.h"
#include "pupil/edge/log_mel.h"
#include "student/backbone.h"

namespace pupil::pretrain {

/// Examples of a student: natural-log mel frames of the one front end at student::kTrainingRateHz, `length_s`
/// long.
ExampleFeatures student_example_features(const edge::LogMelOptions& front_end, double length_s);

struct BackboneTrainerOptions {
  std::filesystem::path work;       ///< folder of checkpoint and metrics; made when missing
  std::vector<std::string> blocks;  ///< student::NetworkSpec::blocks
  edge::LogMelOptions front_end;    ///< that of the examples
  BackboneBatchOptions batch;
  std::int64_t steps = 12000;
  double learning_rate = 3e-3;  ///< at its height; it falls along a cosine
  double warm_up = 0.05;        ///< share of the steps in which it rises
  double weight_decay = 0.01;
  double average_memory = 0.999;  ///< of the running average of the weights, which is the backbone
  double embedding_weight = 1;    ///< of 1 - cosine to the standardised embedding
  double class_weight = 0.1;  ///< of the binary cross-entropy to the probabilities, summed over the classes
  std::int32_t threads = 1;
  double checkpoint_s = 60;  ///< seconds between checkpoints: what a kill costs at most
  bool fresh = false;        ///< forget a checkpoint that is there
  bool progress = true;
  std::int64_t stop_after_steps = -1;  ///< stop, with a checkpoint, after so many more; for tests
};

/// How well examples of recordings that were held back are scored.
struct BackboneAgreement {
  double cosine = 0;  ///< mean cosine to the teacher's standardised embedding
  /// Mean over the classes that are among the teacher's three highest in at least five examples: average
  /// precision, with those examples as the relevant ones. 0 where there is no such class.
  double mean_precision = 0;
};

struct BackboneTrainerResult {
  bool finished = false;
  std::int64_t steps = 0;  ///< done in all
  double windows_per_s = 0;
  BackboneAgreement held_out;
  student::Backbone backbone;  ///< when finished
};

/// Trains on `examples`, with figures on `held_out` once per epoch (as many windows as there are examples). Both
/// have a tagger's scores. Error: a checkpoint of another configuration (network, front end, options, examples);
/// a loss that is not finite: the last good checkpoint stays.
BackboneTrainerResult train_backbone(const ExamplePool& examples, const ExamplePool& held_out,
                                     const BackboneTrainerOptions& options);

}  // namespace pupil::pretrain
