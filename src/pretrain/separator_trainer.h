// SPDX-License-Identifier: Apache-2.0
// The training of a separator: mixtures, L1 on the waveform (relative to the mixture's own level) and, if
// wished, SI-SDR. Killed at any moment and run again it resumes from the last checkpoint and ends with the
// numbers of an uninterrupted training.
//
//   OUT/model.safetensors         separation network and text tower, f16; replaced whole with every line of
//   metrics OUT/vocab.json, merges.txt    the text tower's tokenizer OUT/trained_words.txt         words of
//   the queries: others are warned of (Separator::unfamiliar_words()) WORK                          checkpoint and metrics
//   (training/checkpoint.h)

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "pretrain/phrases.h"
#include "pretrain/sound_mixtures.h"
#include "pretrain/trainable_resunet.h"
#include "pretrain/trainable_text.h"

namespace pupil::pretrain {

struct SeparatorTrainerOptions {
  std::filesystem::path out;
  std::filesystem::path work;
  TrainableSizes network;
  TextSizes text;  ///< its vocabulary is at most so large; its condition_size is the network's
  MixtureOptions mixtures;
  std::int64_t steps = 3000;
  std::int64_t batch = 4;
  double learning_rate = 2e-3;
  std::int64_t warm_up_steps = 200;
  double weight_decay = 0.01;
  /// Of the mean SI-SDR in dB, which is added to the loss with a minus. L1 alone, as published, is content
  /// with silence wherever it is not sure; this is not. The price: 2 % of the time.
  double si_sdr_weight = 0;
  std::int64_t steps_per_line = 100;  ///< of metrics; the model is written with it
  double checkpoint_s = 60;           ///< seconds between checkpoints: what a kill costs at most
  std::uint64_t seed = 1;
  bool fresh = false;  ///< forget a checkpoint that is there
  bool progress = true;
  std::int64_t stop_after_steps = -1;  ///< stop, with a checkpoint, after so many more; for tests
};

struct SeparatorTrainerResult {
  std::int64_t steps = 0;  ///< done in all
  double loss = 0;         ///< mean since the last line of metrics
  double si_sdri_db = 0;   ///< on mixtures of the training, likewise
};

/// Trains, or resumes. Error: a checkpoint of another configuration, before anything is written; a loss that
/// is not a number (the last good checkpoint stays); a file that cannot be written.
SeparatorTrainerResult train_separator(const SoundPool& pool, const PhraseTable& phrases,
                                       const SeparatorTrainerOptions& options);

}  // namespace pupil::pretrain
