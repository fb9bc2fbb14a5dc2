// SPDX-License-Identifier: Apache-2.0
// The training of a teacher: the loop, its checkpoints, its metrics, and the folder it ends in.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pretrain/clap_folder.h"
#include "pretrain/example_pool.h"
#include "pretrain/phrases.h"
#include "pretrain/teacher_loss.h"
#include "training/adam_w.h"

namespace pupil::pretrain {

struct TeacherTrainerOptions {
  /// Folder of checkpoint and metrics (training/checkpoint.h); must exist.
  std::filesystem::path work;
  std::int64_t steps = 3000;
  double learning_rate = 1e-3;  ///< at its height; it falls to a hundredth
  std::int64_t warm_up_steps = 100;
  training::AdamWOptions optimizer = {.beta2 = 0.98, .weight_decay = 0.05, .clip_norm = 1.0};
  double average_memory = 0.998;  ///< of the running average of the weights
  TeacherLossWeights weights;
  TeacherBatchOptions batch;
  std::int64_t steps_per_line = 10;  ///< of metrics
  std::int64_t steps_per_validation =
      50;                              ///< on examples that are not trained on; a multiple of steps_per_line
  double checkpoint_s = 60;            ///< seconds between checkpoints: what a kill costs at most
  std::int64_t stop_after_steps = -1;  ///< stop, with a checkpoint, after so many more; for tests
  bool fresh = false;                  ///< forget a checkpoint that is there
};

struct TeacherTrainerResult {
  std::int64_t steps = 0;  ///< done in all
  double examples_per_s = 0;
  /// Of the examples held back: share in which the model's first class is among the tagger's first three.
  double agreement = 0;
};

/// Trains `network` on all examples but the last hundred, and leaves the running average of the weights in it.
/// Stop it anywhere and call it again: it resumes from the last checkpoint and ends with the same numbers (on
/// the same machine and number of threads). Error: a checkpoint of another configuration (other sizes,
/// initial weights, examples, words or options); a loss that is not finite: the last good checkpoint stays.
TeacherTrainerResult train_teacher(ClapNetwork& network, const nn::BpeTokenizer& tokenizer,
                                   const ExamplePool& pool, const SoundLibrary& library,
                                   const PhraseTable& phrases, const std::vector<std::string>& class_names,
                                   const TeacherTrainerOptions& options);

/// Mean and variance per mel bin of the first examples: what the audio tower's first norm takes out.
void set_mel_statistics(ClapNetwork& network, const ExamplePool& pool);

}  // namespace pupil::pretrain
