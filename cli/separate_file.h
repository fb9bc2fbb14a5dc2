// SPDX-License-Identifier: Apache-2.0
// pupil separate IN OUT: one recording through a separator.

#pragma once

#include "base/json.h"
#include "separate_options.h"

namespace pupil::cli {

/// Writes OUT and what else `options` (checked) asks for; returns the summary. Nothing is written on Error.
Json separate_file(const SeparateOptions& options);

}  // namespace pupil::cli
