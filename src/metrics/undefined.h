// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

namespace pupil::metrics {

/// What a measure is that these data leave undefined: a recall of a class that does not occur.
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

}  // namespace pupil::metrics
