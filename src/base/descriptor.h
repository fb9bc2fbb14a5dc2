// SPDX-License-Identifier: Apache-2.0
// Writing to and syncing what open() gave: one place where a signal (EINTR) and a short count are no failure.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace pupil {

/// Writes at the file's position until all is written or the system refuses. Returns how many bytes were written; fewer than
/// asked for: errno has the reason.
std::size_t write_all(int file, std::span<const std::byte> bytes) noexcept;

/// Whether all that was written to `file` is on the disk; else errno has the reason.
bool sync_file(int file) noexcept;

/// Cuts or extends the file; else errno has the reason.
bool resize_file(int file, std::int64_t size_bytes) noexcept;

/// Makes what was renamed into or removed from `folder` last. DiskError: names the folder and the system's reason. Nothing
/// happens on network file systems that cannot sync a folder.
void sync_folder(const std::filesystem::path& folder);

}  // namespace pupil
