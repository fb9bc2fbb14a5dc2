// SPDX-License-Identifier: Apache-2.0
// A command as it would be typed, for model cards.

#pragma once

#include <string>
#include <string_view>

#include "commands.h"

namespace pupil::cli {

/// `name` and the arguments, those with odd characters in single quotes.
std::string typed_command(std::string_view name, const Arguments& arguments);

}  // namespace pupil::cli
