// SPDX-License-Identifier: Apache-2.0
// A report for standard output.

#pragma once

#include <string>

#include "base/json.h"

namespace pupil::pipeline {

/// The figures of report.json as a short table: accuracy by system, per class, noise, false alarms, size and
/// speed.
std::string report_text(const Json& report);

}  // namespace pupil::pipeline
