// SPDX-License-Identifier: Apache-2.0
// From the catalogue to a training set: the joint between src/corpus and src/student, which do not know each
// other.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/store.h"
#include "project/project_file.h"
#include "student/training_set.h"

namespace pupil::pipeline {

inline constexpr std::int64_t kNoClip = -1;

/// A set and what of it belongs to this catalogue alone: the file itself holds no row's id, so that the same recordings
/// and labels give the same bytes in every project.
struct PreparedSet {
  student::TrainingSet set;
  std::vector<std::int64_t>
      clip_ids;  ///< of set.clips(), in this catalogue; kNoClip: a negative that is not of it
};

/// The set of the labels that pupil.toml asks for (require_labels()): all labelled windows of its views (every split, every verdict),
/// the audio of their clips at the student's rate, soft targets, and, `with_embeddings`, what the first
/// teacher's audio tower gave, brought to mean 0 and deviation 1 per value over the windows that train. Kept as
/// DIR/train/set-HASH.safetensors, named by all that training sees; made when it is not there. What is said of test windows is no
/// part of that: it is taken from the catalogue each time, so that a verdict on one trains nothing anew (the file has it as it
/// was when it was made). Clips and windows stand in an order that comes from their audio. Error: as require_labels().
PreparedSet prepare_training_set(const Project& project, corpus::Catalogue& catalogue,
                                 const corpus::Store& store, bool with_embeddings);

/// What prepare_training_set() would open or make; nothing is written. Error: as require_labels(), but for a project
/// without any labels.
struct TrainingSetOutline {
  std::filesystem::path path;  ///< empty: nothing is labelled yet
  bool exists = false;
  std::int64_t learned_count = 0;  ///< accepted windows of recordings that train
  std::string configuration;       ///< TrainingSet::configuration() of it
  std::string test_hash;           ///< SHA-256 of what is said of test windows
};
TrainingSetOutline outline_training_set(const Project& project, corpus::Catalogue& catalogue,
                                        bool with_embeddings);

}  // namespace pupil::pipeline
