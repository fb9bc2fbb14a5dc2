// A student heard over a training set's windows, plainly (no augmentation), and its decisions about clips.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "student/batch_loader.h"
#include "student/learner.h"

namespace pupil::student {

/// Frames of windows, scaled, [windows, T, F].
std::vector<float> window_features(const TrainingSet& set, std::span<const std::int64_t> windows, FrontEnd& front_end,
                                   const FeatureScale& scale);

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

/// Row-wise softmax of [n, K], in place.
void softmax_rows(std::span<float> logits, std::int64_t class_count);

/// What a clip is taken for: the mean of its windows' scores. Windows less than `min_activity_db` above the clip's
/// floor do not count, unless all are.
struct ClipDecision {
  std::int32_t clip = 0;
  std::int32_t truth = -1;       ///< the given class, -1: none
  std::vector<float> scores;     ///< [K] mean
};

/// `scores` [windows, K] belong to `windows`, which are all of one split.
std::vector<ClipDecision> decide_clips(const TrainingSet& set, std::span<const std::int64_t> windows,
                                       std::span<const float> scores, float min_activity_db);

/// Windows of original views of a split, in order.
std::vector<std::int64_t> windows_of(const TrainingSet& set, SetSplit split);

/// Share of decisions whose highest score is the given class, among those that have one.
double accuracy(std::span<const ClipDecision> decisions);

}  // namespace pupil::student
