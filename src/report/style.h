// SPDX-License-Identifier: Apache-2.0
// The page's style sheet and scripts. Inside this module alone.

#pragma once

#include <string_view>

namespace pupil::report {

extern const std::string_view kStyle;
extern const std::string_view kScript;
/// Stands behind the npm package in one module.
extern const std::string_view kScoringScript;

}  // namespace pupil::report
