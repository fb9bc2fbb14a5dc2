// SPDX-License-Identifier: Apache-2.0
// Limits of the shell or the batch system under which pupil-forge would hang instead of failing.

#pragma once

namespace pupil::cli {

/// Error: this process may use less address space (`ulimit -v`) or memory (`ulimit -d`) than pupil-forge needs to load
/// and to train a small student, or may not start its threads (`ulimit -u`); names both figures and what to do.
void check_limits();

}  // namespace pupil::cli
