// SPDX-License-Identifier: Apache-2.0
// A trained student as the content of a model file.

#pragma once

#include "model/model_writer.h"
#include "student/student_file.h"

namespace pupil::student {

/// Layers, front end, input scale and classes; thresholds and calibration stand at their defaults and
/// metadata is empty: they are for the caller to fill in. Error: the student was never made int8.
edge::ModelImage make_model_image(const Student& student);

}  // namespace pupil::student
