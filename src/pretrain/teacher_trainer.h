// The training of a teacher: the loop, its checkpoints, its metrics, and the folder it ends in.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pretrain/clap_folder.h"
#include "pretrain/phrases.h"
#include "pretrain/teacher_loss.h"
#include "pretrain/view_pool.h"

namespace pupil::pretrain {

struct TeacherTrainerOptions {
  /// Where checkpoint.safetensors and metrics.jsonl lie.
  std::filesystem::path work;
  std::int64_t steps = 3000;
  std::int64_t warm_up_steps = 100;
  /// A checkpoint, and a look at views that are not trained on.
  std::int64_t steps_per_checkpoint = 50;
  AdamWOptions optimizer;
  double average_share = 0.998;
  TeacherLossWeights weights;
  TeacherBatchOptions batch;
  /// Return after this step as if killed there; 0: go to the end.
  std::int64_t stop_after = 0;
  /// Forget a checkpoint that is there.
  bool fresh = false;
};

struct TeacherTrainerResult {
  std::int64_t steps = 0;
  double views_per_s = 0;
  /// Of the views held back: share in which the model's first class is among the tagger's first three.
  double agreement = 0;
};

/// Trains `network` on all views but the last hundred, and leaves the running average of the weights in it. Stop
/// it anywhere and call it again: it goes on from the last checkpoint and ends with the same numbers (on the same
/// machine and number of threads). Error: a checkpoint of another network, a loss that is not finite.
TeacherTrainerResult train_teacher(ClapNetwork& network, const nn::BpeTokenizer& tokenizer, const ViewPool& pool,
                                   const SoundLibrary& library, const PhraseTable& phrases,
                                   const std::vector<std::string>& class_names, const TeacherTrainerOptions& options);

/// Mean and variance per mel bin of the first views: what the audio tower's first norm takes out.
void set_mel_statistics(ClapNetwork& network, const ViewPool& pool);

}  // namespace pupil::pretrain
