// SPDX-License-Identifier: Apache-2.0
// Where the files inside a ZIP archive lie. PyTorch's checkpoints are archives of uncompressed entries, which
// can be mapped in place; that, and zip64, is what this reads. Checksums of the entries are not verified:
// that would read every page of a file that is meant to be read lazily (`pupil models verify` checks whole
// files).

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pupil::nn {

struct ZipEntry {
  std::string_view name;           ///< Points into the archive.
  std::uint64_t offset_bytes = 0;  ///< Of the data, from the beginning of the archive.
  std::uint64_t bytes = 0;         ///< As they lie in the archive.
  bool is_stored = false;          ///< Neither compressed nor encrypted: the bytes are the file.
};

/// Whether a file that begins with `bytes` says it is a ZIP archive.
bool is_zip(std::span<const std::byte> bytes);

/// All entries, in the order of the directory; every offset and size is inside `archive`.
/// Throws Error on a missing or broken directory (a truncated file has none), or a name that appears twice.
std::vector<ZipEntry> read_zip_directory(std::span<const std::byte> archive);

}  // namespace pupil::nn
