// SPDX-License-Identifier: Apache-2.0
// Classes that people have decided: what the refinement of labels takes for certain (label_refinement.h). They come from
// reviews, from the examples of a class, and from the given labels of [label] fixed_per_class. Called where the items of the refinement are made, and
// for the text of the "label" configuration.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "corpus/catalogue.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// Stands for a class: a person said that none of the reported classes is there.
inline constexpr std::int32_t kNoReportedClass = -1;

/// What people said of the recordings that train or validate. Test recordings have no part in it.
class KnownClasses {
 public:
  /// A later review of the same stretch has replaced the earlier one in the catalogue already. A review that names what
  /// is no class of the project (any more) says that none of its classes is there.
  static KnownClasses read(const Project& project, corpus::Catalogue& catalogue);

  /// What is known of the windows of a clip that begin in [begin_s, end_s).
  struct Known {
    std::optional<std::int32_t>
        class_index;             ///< of named_classes(), or kNoReportedClass; none: nothing is known
    bool contradictory = false;  ///< reviews name different classes: none of them is taken
    bool reviewed = false;       ///< by a review
    bool example = false;        ///< it is one of the class's examples
    std::string recording;       ///< the clip's, where the class is known
  };
  Known find(std::int64_t clip_id, double begin_s, double end_s) const;
  /// Of the one window that begins there.
  Known find_window(std::int64_t clip_id, double start_s) const;

  /// SHA-256 of all that decides find(), by the audio's hashes; empty where nothing is known of any clip.
  std::string reviews_hash() const { return reviews_hash_; }
  std::string examples_hash() const { return examples_hash_; }
  std::string given_hash() const { return given_hash_; }

 private:
  // The windows that a review covers begin in [first_s, last_s].
  struct ReviewedStretch {
    std::string recording;
    double first_s;
    double last_s;
    std::int32_t class_index;
  };
  std::map<std::int64_t, std::vector<ReviewedStretch>> reviewed_;  // by clip
  using ClassOfClip =
      std::map<std::int64_t, std::pair<std::string, std::int32_t>>;  // clip -> recording, class
  ClassOfClip examples_, given_;
  std::string reviews_hash_, examples_hash_, given_hash_;

  void read_given(const Project& project, corpus::Catalogue& catalogue);
  void read_examples(const Project& project, corpus::Catalogue& catalogue);
  void read_reviews(const Project& project, corpus::Catalogue& catalogue);
};

/// Error: of the examples of a class fewer than corpus::kLeastExamples can be used, with the reason for the first that
/// cannot; one of them is a recording of the test split, or shows another class as well.
void check_examples(const Project& project, corpus::Catalogue& catalogue);

}  // namespace pupil::pipeline
