// SPDX-License-Identifier: Apache-2.0
// The files of a folder that may be recordings: one bad entry is passed over and remarked upon, never a
// reason to stop.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pupil::corpus {

struct FolderListing {
  std::vector<std::string> paths;     ///< within the folder, with '/', sorted; regular files
  std::int64_t other_count = 0;       ///< files that are plainly no audio by their name
  std::vector<std::string> warnings;  ///< one line per kind of entry that was passed over, with an example
};

/// Lists `folder` and its sub-folders; hidden files and folders are left out. Links to folders are followed,
/// each folder (device, inode) is read once, and the name without a link wins. Error: `folder` itself cannot
/// be listed.
FolderListing list_folder(const std::filesystem::path& folder);

/// Every regular file of this name in `folder` and down to `depth` folders below it, sorted; links to folders
/// are not followed. What cannot be listed is left out.
std::vector<std::filesystem::path> find_files(const std::filesystem::path& folder, const std::string& name,
                                              int depth);

/// Why a file cannot be opened as a recording or an index without harm: it is missing, or no regular file ("a
/// named pipe, not a file": opening it may wait for ever). None: it can be tried.
std::optional<std::string> file_problem(const std::filesystem::path& file);

}  // namespace pupil::corpus
