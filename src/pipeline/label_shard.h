// SPDX-License-Identifier: Apache-2.0
// label by shard: shards embed, which is the long part. Scores, and labels, which hang on all windows (what a tagger's scores
// are standardised by, what labels are refined by, the cap of a class), are run_label_stage()'s, with the shards' results.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "corpus/catalogue.h"
#include "corpus/shard_plan.h"
#include "corpus/shard_results.h"
#include "corpus/store.h"
#include "pipeline/embedding_walk.h"
#include "pipeline/project_teacher.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// Plans to embed what run_label_stage() would. Cuts windows and judges views that are not yet. Error: as run_label_stage().
corpus::ShardPlan plan_label(const Project& project, corpus::Catalogue& catalogue, const corpus::Store& store,
                             std::int64_t shards, const TeacherLoader& load_teacher = load_project_teacher);

/// Embeds one shard's part, as far as it has not. `load_teacher` empty: the project's own, whose weights are checked against the
/// plan's. Error: a teacher cannot be loaded, or has other weights.
void run_label_shard(const Project& project, corpus::ShardRun& run, const TeacherLoader& load_teacher = {});

/// What a shard made of `item` under the embed link of this hash; none: it was not planned.
std::optional<teacher::AudioEmbedding> find_embedding(const corpus::ShardResults& results,
                                                      const std::string& embed_hash,
                                                      const EmbeddingItem& item);

}  // namespace pupil::pipeline
