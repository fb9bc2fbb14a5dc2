// SPDX-License-Identifier: Apache-2.0
// Which windows of a set a training learns from, and whether they can support what the model will promise. Shared
// by training and comparison: both draw their windows from here.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "project/project_file.h"
#include "student/training_set.h"

namespace pupil::student {

/// Whether [train] lets the window in: a training recording's, of the views asked for, accepted (with `doubtful`
/// those too), with `use_given_labels` all that carry a given label.
bool is_learned(const TrainingSet& set, const TrainingWindow& window, const TrainSection& train);

/// The class that a window teaches, -1 for none: the teacher's where it is accepted, the given one with `use_given_labels`.
std::int32_t taught_class(const TrainingWindow& window, const TrainSection& train);

/// Below so many windows a class cannot be learned at all.
inline constexpr std::int64_t kLeastClassWindows = 4;

/// Error, which says what was found, where and what to do: no window to learn from; windows of one class alone (the
/// student would call everything that); a reported class with fewer than kLeastClassWindows. The last two are let
/// through by [train] absent_classes.
void require_learnable(const TrainingSet& set, const TrainSection& train);

/// What require_learnable() lets through and a person should know: that everything will be called by one class's
/// name, classes with very few windows. For log_warning().
std::vector<std::string> learning_warnings(const TrainingSet& set, const TrainSection& train);

}  // namespace pupil::student
