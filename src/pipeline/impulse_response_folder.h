// SPDX-License-Identifier: Apache-2.0
// Impulse responses from files.

#pragma once

#include <filesystem>

#include "project/project_file.h"
#include "student/impulse_responses.h"

namespace pupil::pipeline {

/// All recordings in `folder` (in the order of their names), each decoded at kTrainingRateHz. Error, with the file's name:
/// no folder, nothing in it, a file that cannot be decoded or is silent.
student::ImpulseResponses load_impulse_responses(const std::filesystem::path& folder);

/// Those of [train] impulse_responses, from the project's folder; none where it is empty.
student::ImpulseResponses project_responses(const Project& project);

}  // namespace pupil::pipeline
