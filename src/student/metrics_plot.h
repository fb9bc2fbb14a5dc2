// SPDX-License-Identifier: Apache-2.0
// A picture of a training's metrics.

#pragma once

#include <filesystem>

namespace pupil::student {

/// Draws losses and agreement of a metrics file (base/metrics_file.h) over the epochs as a small SVG.
void draw_metrics(const std::filesystem::path& metrics, const std::filesystem::path& svg);

}  // namespace pupil::student
