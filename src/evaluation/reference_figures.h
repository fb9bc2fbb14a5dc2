// SPDX-License-Identifier: Apache-2.0
// The systems side by side against one reference: accuracy of each, what the student retained of the teacher,
// what eight bits cost.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evaluation/split_scores.h"
#include "evaluation/system_figures.h"

namespace pupil::evaluation {

struct ReferenceFigures {
  std::int64_t item_count = 0;
  std::int64_t recording_count = 0;
  std::int64_t class_count = 0;  ///< that occur in the reference
  std::optional<SystemFigures>
      teacher;  ///< none where the teacher itself is the reference, or never scored it
  std::optional<SystemFigures> floating;
  SystemFigures int8;
  /// Accuracy over the teacher's; without the teacher's accuracy: of the decisions, the share that is the
  /// teacher's own. NaN where fewer than two classes occur in the reference: who always says the same retains all.
  std::optional<metrics::Interval> retained_float;
  metrics::Interval retained_int8;
  /// Accuracy of int8 minus that of float, in points of a hundred.
  std::optional<metrics::Interval> int8_minus_float_points;
};

/// `scores` [N, K] with the rows of `items`. An empty table leaves its system out.
ReferenceFigures measure_systems(const Items& items, const SystemScores& scores, std::int32_t class_count);

/// What two ways of judging a clip or window come to; what there is nothing to judge by is left out.
struct SplitFigures {
  std::optional<ReferenceFigures> clips_against_truth;
  std::optional<ReferenceFigures> clips_against_teacher;  ///< its decision on the whole clip
  std::optional<ReferenceFigures>
      windows_against_truth;  ///< windows loud enough, of clips with a given class
  std::optional<ReferenceFigures> windows_against_teacher;  ///< windows that it was sure of
  std::int64_t clip_count = 0;                              ///< scored
  std::int64_t quiet_clip_count = 0;                        ///< too quiet to be heard
};

SplitFigures measure_split(const student::TrainingSet& set, const SplitScores& split,
                           const SplitClips& clips);

/// Whether the sounds of the project are told from everything else, by clip.
struct AnyClassFigures {
  std::int64_t any_count = 0;
  std::int64_t rest_count = 0;
  double teacher_auc = 0;
  double float_auc = 0;  ///< NaN without a float student
  metrics::Interval int8_auc;
};

/// Score of any of the first `reported_count` classes: their sum, where scores sum to 1 (`one_of_k`), else
/// the highest. `scores` [N, class_count].
std::vector<float> any_class_scores(std::span<const float> scores, std::int32_t class_count,
                                    std::int32_t reported_count, bool one_of_k);

/// `any` [clips]: 1 some class of the project, 0 none, -1 not known. Nothing where one kind is missing.
std::optional<AnyClassFigures> measure_any_class(const SplitClips& clips, std::span<const std::int8_t> any,
                                                 std::int32_t class_count, std::int32_t reported_count,
                                                 bool one_of_k);

Json reference_json(const ReferenceFigures& figures, std::span<const std::string> class_names);
Json split_json(const SplitFigures& figures, std::span<const std::string> class_names);
Json any_class_json(const AnyClassFigures& figures);

}  // namespace pupil::evaluation
