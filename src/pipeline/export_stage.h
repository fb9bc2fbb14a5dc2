// SPDX-License-Identifier: Apache-2.0
// The exporting stage: the trained student, described and calibrated, as files for the device and for other
// engines.

#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "base/json.h"
#include "corpus/catalogue.h"
#include "deploy/export.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// Of the files that are written, after the model's name.
inline constexpr std::array<const char*, 4> kExportEndings = {".pupil", ".onnx", ".h", ".golden"};

struct ExportStageOptions {
  std::string name;               ///< of the files; empty: the project's
  std::filesystem::path student;  ///< a trained student or a model file; empty: DIR/train/student.safetensors
  std::filesystem::path folder;   ///< where the files go; empty: DIR/model
  Json record;                    ///< the options as the run record will show them
};

/// Writes the four files. `catalogue` may be null: then the model does not say what it learned from, and its
/// thresholds stay at 0.5. Error: no student yet, one of other classes, the project's own one trained on other labels
/// than pupil.toml asks for, or as deploy::write_exports().
deploy::ExportedFiles run_export_stage(const Project& project, corpus::Catalogue* catalogue,
                                       const ExportStageOptions& options = {});

/// Where the stage puts the model by default: DIR/model/NAME.pupil.
std::filesystem::path model_path(const Project& project);

/// Whether the files of DIR/model were made from the student, settings and catalogue as they are now.
bool export_is_current(const Project& project, corpus::Catalogue& catalogue);

}  // namespace pupil::pipeline
