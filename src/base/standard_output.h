// SPDX-License-Identifier: Apache-2.0
// Results go to standard output through stdio; whether they arrived is asked here.

#pragma once

namespace pupil {

/// Hands everything printed so far to the system. DiskError "standard output cannot be written: No space left on
/// device" when that fails now or failed before. Called after each line of a stream and at the end of every command:
/// a program that runs for weeks into a full disk must not look healthy.
void flush_standard_output();

}  // namespace pupil
