// SPDX-License-Identifier: Apache-2.0
// Fine-tuning of an AudioSet tagger (EfficientAT) on a project's classes. A class's score stays the largest of the outputs
// that are mapped to it, so that what comes out is a tagger like the one it began as: same outputs, same names, same file.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "pretrain/tagger_batch.h"
#include "pretrain/tagger_examples.h"
#include "teacher/efficientat_network.h"

namespace pupil::pretrain {

/// Which weights learn. Stands in configurations.
enum class TaggerLayers {
  /// The classifier, the last convolution and the last three blocks: MobileNetV3's stage of the lowest resolution, which
  /// holds 86 % of mn04's weights and costs 26 % of its multiplications. What is before it finds out what any sound is like.
  last,
  all,
};

struct TaggerTrainerOptions {
  std::filesystem::path work;  ///< folder of checkpoint and metrics (training/checkpoint.h); must exist
  TaggerLayers layers = TaggerLayers::last;
  std::int64_t steps = 400;
  double learning_rate = 1e-4;   ///< at its height; it falls along a cosine
  double warm_up = 0.1;          ///< share of the steps in which it rises
  double average_memory = 0.99;  ///< of the running average of the weights, which is what comes out
  double kept_weight = 1;  ///< of the distance to the tagger as it was, in the outputs that mean no class
  TaggerBatchOptions batch;
  std::string weights_sha256;  ///< of the checkpoint that `network` was read from
  double checkpoint_s = 60;    ///< seconds between checkpoints: what a kill costs at most
  bool fresh = false;          ///< forget a checkpoint that is there
  bool progress = true;
  std::int64_t stop_after_steps = -1;  ///< stop, with a checkpoint, after so many more; for tests
};

struct TaggerTrainerResult {
  bool finished = false;
  std::int64_t steps = 0;  ///< done in all
  double examples_per_s = 0;
  /// Share of the examples held back, of some class, that are scored highest for their most likely class; none where there
  /// are no such examples.
  std::optional<double> agreement_before, agreement;
};

/// Trains `network` and, when finished, leaves the running average of the weights in it. Stop it anywhere and call it again:
/// it goes on from the last checkpoint and ends with the same bytes (same machine and number of threads). Error: no
/// examples of any class; a checkpoint of another configuration; a loss that is not finite: the last good checkpoint stays.
TaggerTrainerResult train_tagger(teacher::EfficientAtNetwork& network, const TaggerExamples& examples,
                                 const TaggerTrainerOptions& options);

}  // namespace pupil::pretrain
