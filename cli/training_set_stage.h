// From the catalogue to a training set: the joint between src/corpus and src/student, which do not know each
// other.

#pragma once

#include <cstdint>
#include <filesystem>

#include "base/project_file.h"
#include "corpus/catalogue.h"
#include "corpus/store.h"
#include "student/training_set.h"

namespace pupil::cli {

/// The set of the project's latest labels: all labelled windows of its views (every split, every verdict),
/// the audio of their clips at the student's rate, soft targets, and, `with_embeddings`, what the first
/// teacher's audio tower gave, brought to mean 0 and deviation 1 per value over the windows that train. Kept as
/// DIR/train/set-HASH.safetensors, named by all that decides it; made when it is not there. Error: nothing is
/// labelled yet.
student::TrainingSet prepare_training_set(const Project& project, corpus::Catalogue& catalogue,
                                          const corpus::Store& store, bool with_embeddings);

/// What prepare_training_set() would open or make; nothing is written.
struct TrainingSetOutline {
  std::filesystem::path path;      ///< empty: nothing is labelled yet
  bool exists = false;
  std::int64_t learned_count = 0;  ///< accepted windows of recordings that train
};
TrainingSetOutline outline_training_set(const Project& project, corpus::Catalogue& catalogue, bool with_embeddings);

}  // namespace pupil::cli
