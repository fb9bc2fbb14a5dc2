// SPDX-License-Identifier: Apache-2.0
// Long recordings that a model is let loose on, with a list of what happens in them where there is one.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "evaluation/alarms.h"

namespace pupil::pipeline {

/// The number of the class that a given label means; -1: none.
using ClassOfLabel = std::function<std::int32_t(const std::string& given)>;

/// Counts detections of `path`. Its events, if known, stand beside it in a CSV file of its name (yard.flac:
/// yard.csv) with the columns onset_s, offset_s and label; rows whose label means no reported class are
/// passed over. Without such a file every detection is a false alarm. Error: names the file.
evaluation::AlarmFigures score_long_recording(const edge::Model& model, const std::filesystem::path& path,
                                              std::int32_t reported_count, const ClassOfLabel& class_of);

}  // namespace pupil::pipeline
