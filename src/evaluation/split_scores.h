// SPDX-License-Identifier: Apache-2.0
// What teacher, float student and int8 student make of the windows of one split, and the clips they add up
// to.

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "evaluation/device_network.h"
#include "student/training_set.h"

namespace pupil::evaluation {

/// One row of K scores per window or clip, for each system.
struct SystemScores {
  std::vector<float> teacher;   ///< probabilities; empty where nothing was scored
  std::vector<float> floating;  ///< probabilities; empty without a float student
  std::vector<float> int8;      ///< calibrated scores, as a device prints them
};

/// Windows of original views, in the set's order.
struct SplitScores {
  std::vector<std::int64_t> windows;  ///< [W], indices of TrainingSet::windows()
  SystemScores scores;                ///< [W, K]; the teacher's rows of windows it never scored are 0
  std::vector<float> int8_logits;     ///< [W, K], before calibration
};

/// Runs the model on every window of `split`, and the float student where `student` is not empty. Error: as
/// load_student().
SplitScores score_split(const student::TrainingSet& set, student::SetSplit split, DeviceNetwork& network,
                        const std::filesystem::path& student);

/// The float student's probabilities of windows, [windows, K]. Error: no student file, or of other classes.
std::vector<float> float_scores(const std::filesystem::path& student, const student::TrainingSet& set,
                                std::span<const std::int64_t> windows);

/// Clips with at least one window that is not background; a clip's scores are the mean of those windows'.
struct SplitClips {
  std::vector<std::int32_t> clips;       ///< [M], indices of TrainingSet::clips()
  std::vector<std::int32_t> truth;       ///< [M], the given class, metrics::kNone where none was given
  std::vector<std::int64_t> recordings;  ///< [M]
  SystemScores scores;                   ///< [M, K]
  std::int64_t quiet_count = 0;          ///< clips left out: too quiet for the teacher to have scored them
};

SplitClips clips_of(const student::TrainingSet& set, const SplitScores& split);

/// What is right about a window: the given class where the clip has one, else the teacher's label where it
/// was sure; metrics::kNone for windows that hold none of the classes (too quiet, or so said the teacher).
inline constexpr std::int32_t kNoReference = -2;  ///< nobody knows
std::int32_t window_reference(const student::TrainingWindow& window);

}  // namespace pupil::evaluation
