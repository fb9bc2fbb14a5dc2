// SPDX-License-Identifier: Apache-2.0
// Folders and file names, and changes of them that a full, read-only or failing disk may refuse. std::filesystem's own throwing
// calls throw exceptions that are no Error, so that no stage could tell a disk's fault from a clip's.

#pragma once

#include <filesystem>
#include <system_error>
#include <vector>

namespace pupil {

/// Paths of all that is in `folder`, by name. std::filesystem's iterators end the program where memory is refused (libstdc++ 12).
/// DiskError: it cannot be listed.
std::vector<std::filesystem::path> folder_entries(const std::filesystem::path& folder);

/// The same; what cannot be listed is left out, and `failure` is the system's reason (no such folder, for one).
std::vector<std::filesystem::path> folder_entries(const std::filesystem::path& folder,
                                                  std::error_code* failure);

/// Makes `folder` with its parents; nothing happens where it is one already, or is empty (the current folder). All of the following
/// throw DiskError, which names the path and the system's reason.
void make_folders(const std::filesystem::path& folder);

/// Replaces a file named `to`, on the same file system. Not synced: what must be on the disk is TempFile's.
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Nothing happens where there is none.
void remove_file(const std::filesystem::path& file);

/// Replaces a file named `to`. Error: as throw_system_error(), since `from` may be at fault too.
void copy_whole_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Where temporary files go.
std::filesystem::path temporary_folder();

}  // namespace pupil
