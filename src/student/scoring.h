// SPDX-License-Identifier: Apache-2.0
// Learners run over a training set's windows, plainly (no augmentation), and what clips are taken for.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "student/batch_loader.h"
#include "student/learner.h"

namespace pupil::student {

/// Frames of windows, scaled, [windows, T, F].
std::vector<float> window_features(const TrainingSet& set, std::span<const std::int64_t> windows,
                                   FrontEnd& front_end, const FeatureScale& scale);

class WindowScorer {
 public:
  /// `learner` must outlive the scorer; its present weights are used at every call.
  WindowScorer(Learner& learner, const edge::LogMelOptions& front_end, const FeatureScale& scale);

  /// [windows, K]
  std::vector<float> logits(const TrainingSet& set, std::span<const std::int64_t> windows);

 private:
  Learner& learner_;
  FrontEnd front_end_;
  FeatureScale scale_;
};

/// What clips are taken for: the mean of the scores of their active windows (all, where none is active). A
/// window is active unless it was too quiet to be scored by the teacher. One row per clip that has a given
/// class or, with `with_unknown`, per clip.
struct ClipTable {
  std::vector<std::int32_t> truth;  ///< [N], the given class; metrics::kNone where it is none of the classes
  std::vector<std::int64_t> recordings;  ///< [N]
  std::vector<std::int32_t> clips;       ///< [N], indices of TrainingSet::clips()
  std::vector<float> scores;             ///< [N, K]
};

/// `scores` [windows, K], any scale.
ClipTable decide_clips(const TrainingSet& set, std::span<const std::int64_t> windows,
                       std::span<const float> scores, bool with_unknown = false);

/// Share of clips whose highest score is the given class.
double clip_accuracy(const ClipTable& table, std::int32_t class_count);

/// Windows of original views of a split, in order.
std::vector<std::int64_t> windows_of(const TrainingSet& set, SetSplit split);
}  // namespace pupil::student
