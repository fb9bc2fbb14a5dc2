// SPDX-License-Identifier: Apache-2.0
// What processes left that were killed while they wrote a TempFile.

#pragma once

#include <filesystem>

namespace pupil {

/// Removes temporary files of processes that are gone from `folder` (not from folders below); those of processes that live on
/// this machine stay. Nothing happens where there is no such folder. DiskError: one cannot be removed.
void remove_temporary_files(const std::filesystem::path& folder);

}  // namespace pupil
