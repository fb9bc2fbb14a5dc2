// SPDX-License-Identifier: Apache-2.0
// What a model's calibration is worth: reliability before and after, and what each threshold does.

#pragma once

#include <string_view>

#include "base/json.h"
#include "pipeline/scored_split.h"

namespace pupil::pipeline {

/// "calibration" of report.json: what the model says of its own calibration, the reliability of its decisions
/// on the windows of `judged`, and its thresholds on those and on the validation windows they were fitted to.
Json calibration_figures(const student::TrainingSet& set, const edge::Model& model, const ScoredSplit& judged,
                         std::string_view judged_name, const ScoredSplit& val);

}  // namespace pupil::pipeline
