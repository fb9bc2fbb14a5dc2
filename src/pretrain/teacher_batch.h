// SPDX-License-Identifier: Apache-2.0
// One batch of a teacher's training: augmented examples, what the tagger says of them, and sentences.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "pretrain/example_pool.h"
#include "pretrain/phrases.h"

namespace pupil::pretrain {

struct TeacherBatchOptions {
  std::int64_t example_count = 48;
  /// AudioSet classes whose captions are compared with the examples: those that the tagger scores highest, and others by
  /// chance.
  std::int64_t class_count = 64;
  std::uint64_t seed = 1;
  /// Share of examples that are mixed with another, in power.
  double mix_share = 0.3;
  bool augment = true;
};

struct TeacherBatch {
  at::Tensor frames;  ///< [B, T, F], dB
  /// How much more often than its habit each class is heard, [B, classes]: logit less the class's own base.
  at::Tensor evidence;   ///< undefined without a tagger
  at::Tensor embedding;  ///< the tagger's, [B, D]
  at::Tensor unmixed;    ///< [B], 1 where `embedding` belongs to the frames as they are
  std::vector<std::string> class_captions;
  /// Rows of `frames` that have a caption, the captions, and how much two rows' sounds have in common, [c, c].
  std::vector<std::int64_t> captioned;
  std::vector<std::string> captions;
  at::Tensor in_common;
};

/// Draws batches; a batch is a function of the seed and its step alone.
class TeacherBatches {
 public:
  /// `class_names` are the tagger's; the first `train_count` examples are drawn from. All must outlive this object.
  TeacherBatches(const ExamplePool& pool, const SoundLibrary& library, const PhraseTable& phrases,
                 std::vector<std::string> class_names, std::int64_t train_count,
                 const TeacherBatchOptions& options);

  TeacherBatch draw(std::int64_t step) const;
  /// These examples as they are, with all classes, each by its first phrase.
  TeacherBatch fixed(std::span<const std::int64_t> examples) const;

  std::int64_t train_count() const { return train_count_; }
  const TeacherBatchOptions& options() const { return options_; }

 private:
  struct Item;
  Item item(std::int64_t example, CounterRandom* random) const;
  void mix(Item& item, const Item& other, CounterRandom& random) const;
  void augment(at::Tensor& frames, CounterRandom& random) const;
  TeacherBatch collate(std::vector<Item>& items, const std::vector<std::int64_t>& classes,
                       CounterRandom* random) const;
  std::vector<std::int64_t> draw_classes(const std::vector<Item>& items, CounterRandom& random) const;
  std::int64_t example_at(std::int64_t position) const;

  const ExamplePool& pool_;
  const SoundLibrary& library_;
  const PhraseTable& phrases_;
  std::vector<std::string> class_names_;
  std::int64_t train_count_;
  TeacherBatchOptions options_;
  at::Tensor base_;  // [classes]
};

}  // namespace pupil::pretrain
