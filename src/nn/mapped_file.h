// SPDX-License-Identifier: Apache-2.0
// A file in memory, read page by page as it is touched.

#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace pupil::nn {

/// Maps a whole file. Writing to the bytes is allowed and stays private: the file never changes, and only the
/// pages that were written take memory of their own.
/// The file must not be shortened while it is mapped: reading beyond its new end kills the process (SIGBUS).
/// Replacing it by renaming another over it is safe.
class MappedFile {
 public:
  /// Throws Error when the file cannot be opened, is not a regular file, or is empty.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

}  // namespace pupil::nn
