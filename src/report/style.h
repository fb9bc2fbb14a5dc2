// SPDX-License-Identifier: Apache-2.0
// The page's style sheet and script. Inside this module alone.

#pragma once

#include <string_view>

namespace pupil::report {

extern const std::string_view kStyle;
extern const std::string_view kScript;

}  // namespace pupil::report
