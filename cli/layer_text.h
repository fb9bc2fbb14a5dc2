// SPDX-License-Identifier: Apache-2.0
// How inspect and bench edge write a layer.

#pragma once

#include <string>

#include "base/json.h"
#include "pupil/edge/model.h"

namespace pupil::cli {

/// Columns: kind, kernel, stride, output, MACs of a window, parameter bytes.
std::string layer_heading();
std::string layer_text(const edge::LayerInfo& layer);
Json layer_json(const edge::LayerInfo& layer);

}  // namespace pupil::cli
