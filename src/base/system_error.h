// SPDX-License-Identifier: Apache-2.0
// What an errno says about whom: about the file that was named, or about the machine.

#pragma once

#include <string>

namespace pupil {

/// Whether `reason` (an errno of opening, reading or writing) is the machine's: no more memory or files, a disk that
/// fails or is full, a network file system that is away. It would have come with any other file too. Not so: no
/// such file, no permission, a folder, a loop of links.
bool is_machine_failure(int reason) noexcept;

/// Throws `message` + ": " + the system's words for `reason`; DiskError where is_machine_failure(), else Error.
[[noreturn]] void throw_system_error(const std::string& message, int reason);

}  // namespace pupil
