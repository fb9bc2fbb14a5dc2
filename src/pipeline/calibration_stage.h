// SPDX-License-Identifier: Apache-2.0
// Calibration: the temperature and the thresholds that an exported model carries, fitted to validation
// windows for the promise of [export] in pupil.toml. Never to test windows. Called by `pupil export`, before
// the file is written.

#pragma once

#include "corpus/catalogue.h"
#include "evaluation/calibration_fit.h"
#include "model/model_writer.h"
#include "project/project_file.h"

namespace pupil::pipeline {

/// What [export] promises.
evaluation::CalibrationTarget calibration_target(const ExportSection& section);

/// Sets calibration gain and threshold of every class of `image` and its metadata "calibration" (JSON:
/// target, windows, temperature). Where there is nothing to fit to (no labels in the catalogue, no catalogue)
/// it warns and leaves the image as it is (a student's is 1 and 0.5). Same inputs, same numbers. `catalogue` may be
/// null; the image's classes are the project's. Error: labels that are not those of pupil.toml (require_labels()).
void calibrate_image(const Project& project, corpus::Catalogue* catalogue, edge::ModelImage* image);

}  // namespace pupil::pipeline
