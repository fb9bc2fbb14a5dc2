// The course of a separator's training: mixtures, L1 on the waveform (relative to the mixture's own level)
// and, if wished, SI-SDR; AdamW, running averages, checkpoints, metrics. Killed at any moment and run again
// it goes on from the last checkpoint and ends with the numbers of an uninterrupted course.
//
//   OUT/model.safetensors         separation network and text tower, f16; replaced whole at every checkpoint
//   OUT/vocab.json, merges.txt    the text tower's tokenizer
//   OUT/trained_words.txt         words of the queries: others are doubted (Separator::doubt())
//   WORK/checkpoint.safetensors   all that the course needs to go on; replaced whole
//   WORK/metrics.jsonl            one line per checkpoint

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "pretrain/phrases.h"
#include "pretrain/sound_mixtures.h"
#include "pretrain/trainable_resunet.h"
#include "pretrain/trainable_text.h"

namespace pupil::pretrain {

struct SeparatorCourseOptions {
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
  std::int64_t checkpoint_steps = 100;
  std::uint64_t seed = 1;
  bool fresh = false;  ///< forget a checkpoint that is there
  bool progress = true;
  std::int64_t stop_after_steps = -1;  ///< this run, as a kill would; for tests
};

struct SeparatorCourseResult {
  std::int64_t steps = 0;  ///< done in all
  double loss = 0;         ///< mean since the last line of metrics
  double si_sdri_db = 0;   ///< on mixtures of the training, likewise
};

/// Trains, or goes on. Error: a checkpoint of another configuration; a loss that is not a number (the last
/// good checkpoint stays); a file that cannot be written.
SeparatorCourseResult train_separator(const SoundPool& pool, const PhraseTable& phrases,
                                      const SeparatorCourseOptions& options);

}  // namespace pupil::pretrain
