// SPDX-License-Identifier: Apache-2.0
// Small files from outside, whole: texts, lists, models.

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace pupil {

/// The whole of a file. Error, beginning with the path: it cannot be opened or read (a folder, for one).
std::vector<std::byte> read_bytes(const std::filesystem::path& path);
/// The same as text.
std::string read_text(const std::filesystem::path& path);

}  // namespace pupil
