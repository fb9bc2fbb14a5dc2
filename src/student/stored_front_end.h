// SPDX-License-Identifier: Apache-2.0
// What the files of a student and of a backbone hold of the front end that their weights were learned with: the numbers
// that a training may choose, and the scale of the mel bins. The rest of a front end is fixed.

#pragma once

#include <vector>

#include "base/json.h"
#include "nn/tensor_file.h"
#include "pupil/edge/log_mel.h"
#include "student/batch_loader.h"

namespace pupil::student {

/// Adds four keys to `about`.
void set_front_end(const edge::LogMelOptions& front_end, Json* about);
/// Error: a key is missing or no integer.
edge::LogMelOptions read_front_end(const Json& about);

/// "scale.mean" and "scale.deviation", [F] each.
std::vector<nn::NamedTensor> scale_tensors(const FeatureScale& scale);
/// Error: one is missing or not finite.
FeatureScale read_scale(const nn::TensorFile& file);

}  // namespace pupil::student
