// SPDX-License-Identifier: Apache-2.0
// The windows of a project, as material for pretraining.

#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/store.h"
#include "pretrain/manifest.h"
#include "pretrain/tagger_examples.h"
#include "project/project_file.h"
#include "teacher/tagger.h"

namespace pupil::pipeline {

/// Windows of the training split whose label was accepted (by the curation or by a person); captions are the prompts
/// of their class. Error: no project, or nothing accepted.
std::vector<pretrain::ManifestClip> accepted_windows(const std::filesystem::path& project_dir);

struct TaggerExampleOptions {
  /// Given labels of all scored windows, instead of what was accepted: for comparisons.
  bool given_labels = false;
  /// At most so many, the same number of each class, and an eighth of it to hold back; which ones, `seed` decides.
  std::int64_t most = 12000;
  std::uint64_t seed = 1;
};

/// What `tagger` can be fine-tuned on: for each accepted window of the training split, and of the validation split for
/// held_back, the stretch of audio that [teacher] input gives a teacher, and its soft target over the named classes (of a
/// clip: the mean of its accepted windows'). Where a review names another class than the teacher, that class is the target.
/// Accepted as "none of these": an empty target. Recordings of the test split are not read. Error: as require_labels(), a
/// class without AudioSet names or with unknown ones, nothing accepted.
pretrain::TaggerExamples tagger_examples(const Project& project, corpus::Catalogue& catalogue,
                                         const corpus::Store& store, const teacher::Tagger& tagger,
                                         const TaggerExampleOptions& options);

}  // namespace pupil::pipeline
