// SPDX-License-Identifier: Apache-2.0
// The accepted windows of a project, as material for pretraining.

#pragma once

#include <filesystem>
#include <vector>

#include "pretrain/manifest.h"

namespace pupil::pipeline {

/// Windows of the training split whose label was accepted (by the curation or by a person); captions are the prompts
/// of their class. Error: no project, or nothing accepted.
std::vector<pretrain::ManifestClip> accepted_windows(const std::filesystem::path& project_dir);

}  // namespace pupil::pipeline
