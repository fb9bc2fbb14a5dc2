// SPDX-License-Identifier: Apache-2.0
// A file that is either there, whole and on the disk, or not there: written under a temporary name beside
// its goal, synced, renamed. Every writer stands on it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace pupil {

/// Temporary names begin so; what a killed process left behind can be found and removed by it.
inline constexpr char kTempPrefix[] = ".pupil-";

/// One file under a temporary name. Not copied, not shared between threads.
class TempFile {
 public:
  /// Creates an empty file in `folder`, which must exist. DiskError: names the folder and the system's reason.
  explicit TempFile(const std::filesystem::path& folder);

  /// Removes the file unless commit() succeeded.
  ~TempFile();
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Writes at the position and moves it. DiskError: disk full and the like; the file is of no use then.
  void write(std::span<const std::byte> bytes);
  void seek(std::int64_t position_bytes);
  std::int64_t position_bytes() const;

  /// Syncs to the disk and closes; only commit() and path() are allowed afterwards. Again: nothing.
  void close();

  /// Closes, renames to `goal` (same file system; replaces a file of that name) and syncs the goal's folder.
  /// On DiskError the goal is as it was.
  void commit(const std::filesystem::path& goal);

 private:
  std::filesystem::path path_;
  int file_ = -1;
  bool committed_ = false;
};

/// Writes a whole file or none; replaces one of that name. DiskError: as TempFile's.
void write_whole(const std::filesystem::path& goal, std::span<const std::byte> bytes);
void write_whole(const std::filesystem::path& goal, std::string_view text);

}  // namespace pupil
