// SPDX-License-Identifier: Apache-2.0
// Whether this process may write somewhere; asked before work begins whose result would have no place.

#pragma once

#include <filesystem>

namespace pupil {

/// Whether `path` exists and this process may write to it (into it: a folder), its file system included.
bool is_writable(const std::filesystem::path& path);

/// DiskError unless is_writable(): names the path, what it is, the user and the system's reason.
void check_writable(const std::filesystem::path& path);

}  // namespace pupil
