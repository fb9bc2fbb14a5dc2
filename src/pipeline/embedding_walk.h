// SPDX-License-Identifier: Apache-2.0
// A teacher embeds stored audio, batch by batch: for the catalogue (label_stage.h) and for a shard (label_shard.h).

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/embedded_stretch.h"
#include "project/project_file.h"
#include "teacher/teacher.h"

namespace pupil::pipeline {

/// A stretch of a view that a teacher is to embed.
struct EmbeddingItem {
  std::int64_t id = 0;  ///< rises from item to item
  std::string view_hash;
  std::int32_t sample_rate_hz = 0;
  std::int64_t sample_count = 0;  ///< of the view
  Stretch window;                 ///< of length 0: the whole view ([teacher] input = "clip")
};

struct EmbeddingWalk {
  const TeacherSection& section;
  const teacher::Teacher& teacher;
  std::filesystem::path project_dir;  ///< whose store has the audio

  /// The next items after that of `after_id` (0: the first), at most [teacher] batch; none: the end. Checks that their audio is there.
  std::function<std::vector<EmbeddingItem>(std::int64_t after_id)> next;

  /// What the teacher would make of an item, where somebody has embedded it before. May be empty.
  std::function<std::optional<teacher::AudioEmbedding>(const EmbeddingItem&)> known;

  /// Takes the results of one batch, in order.
  std::function<void(const std::vector<EmbeddingItem>&, const std::vector<teacher::AudioEmbedding>&)> put;
};

/// Walks all items. Audio of a batch is read on a thread of its own while the teacher embeds the one before; the three functions
/// are called from this thread alone. The same bits in any batch. Returns how many items were put.
std::int64_t walk_embeddings(const EmbeddingWalk& walk);

}  // namespace pupil::pipeline
