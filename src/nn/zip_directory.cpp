// SPDX-License-Identifier: Apache-2.0
// From the end of the file: the end record, the directory that it names, each entry's data. Local headers are
// asked for their length only; sizes in them may be missing when an archive was streamed.
//
// 1. Every access goes through part(), so any bytes give an Error and never a read outside the archive.
// 2. The directory's size bounds the count of entries before anything is made of it.
// 3. Names point into the archive, and may be any bytes; no file is ever created from them.

#include "nn/zip_directory.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"

namespace pupil::nn {
namespace {

// Signatures and fixed sizes of APPNOTE.TXT, the format's definition.
constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
constexpr std::string_view kDirectoryEnd = "PK\5\6";
constexpr std::uint32_t kDirectoryEnd64 = 0x06064b50;
constexpr std::uint32_t kDirectoryEnd64Locator = 0x07064b50;
constexpr std::uint64_t kLocalHeaderBytes = 30;
constexpr std::uint64_t kDirectoryEntryBytes = 46;
constexpr std::uint64_t kDirectoryEndBytes = 22;
constexpr std::uint64_t kDirectoryEnd64Bytes = 56;
constexpr std::uint64_t kLocatorBytes = 20;
constexpr std::uint64_t kCommentLimitBytes = 0xffff;
constexpr std::uint16_t kZip64Extra = 1;
constexpr std::uint32_t kSeeZip64 = 0xffffffff;  // "The value did not fit; it is in the zip64 part."
constexpr std::uint16_t kEncrypted = 1;

using Bytes = std::span<const std::byte>;

Bytes part(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset)
    throw Error("the ZIP directory points beyond the file");
  return bytes.subspan(offset, size);
}

template <typename Integer>
Integer number(Bytes bytes, std::uint64_t offset) {
  Integer value = 0;
  std::memcpy(&value, part(bytes, offset, sizeof value).data(), sizeof value);
  return value;
}

struct Directory {
  std::uint64_t entry_count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t offset_bytes = 0;
};

std::uint64_t find_directory_end(Bytes archive) {
  if (archive.size() < kDirectoryEndBytes) throw Error("the ZIP archive is truncated: it has no directory");
  const Bytes tail =
      archive.last(std::min<std::size_t>(archive.size(), kDirectoryEndBytes + kCommentLimitBytes));
  const std::string_view text(reinterpret_cast<const char*>(tail.data()), tail.size());
  for (std::size_t size = text.size(); size > 0;) {
    const std::size_t at = text.substr(0, size).rfind(kDirectoryEnd);
    if (at == std::string_view::npos) break;
    // The comment ends with the file: that tells the true record from one inside a comment or data.
    const bool is_whole = at + kDirectoryEndBytes <= tail.size();
    if (is_whole && at + kDirectoryEndBytes + number<std::uint16_t>(tail, at + 20) == tail.size()) {
      return archive.size() - tail.size() + at;
    }
    size = at;
  }
  throw Error("the ZIP archive is truncated: it has no directory");
}

Directory find_directory(Bytes archive) {
  const std::uint64_t end = find_directory_end(archive);
  Directory directory = {.entry_count = number<std::uint16_t>(archive, end + 10),
                         .bytes = number<std::uint32_t>(archive, end + 12),
                         .offset_bytes = number<std::uint32_t>(archive, end + 16)};
  const bool has_locator =
      end >= kLocatorBytes && number<std::uint32_t>(archive, end - kLocatorBytes) == kDirectoryEnd64Locator;
  if (has_locator) {
    const Bytes end64 =
        part(archive, number<std::uint64_t>(archive, end - kLocatorBytes + 8), kDirectoryEnd64Bytes);
    if (number<std::uint32_t>(end64, 0) != kDirectoryEnd64) throw Error("the zip64 directory is broken");
    directory = {.entry_count = number<std::uint64_t>(end64, 32),
                 .bytes = number<std::uint64_t>(end64, 40),
                 .offset_bytes = number<std::uint64_t>(end64, 48)};
  }
  return directory;
}

/// The zip64 part of a directory entry holds, in this order, those of the three values that did not fit.
void read_zip64(Bytes extra, std::uint64_t& raw_bytes, std::uint64_t& stored_bytes, std::uint64_t& offset) {
  for (std::uint64_t at = 0; at + 4 <= extra.size();) {
    const std::uint64_t size = number<std::uint16_t>(extra, at + 2);
    if (number<std::uint16_t>(extra, at) == kZip64Extra) {
      const Bytes values = part(extra, at + 4, size);
      std::uint64_t next = 0;
      for (std::uint64_t* value : {&raw_bytes, &stored_bytes, &offset}) {
        if (*value != kSeeZip64) continue;
        *value = number<std::uint64_t>(values, next);
        next += 8;
      }
      return;
    }
    at += 4 + size;
  }
}

/// The local header repeats the name and has extra fields of its own length: PyTorch aligns data with them.
std::uint64_t data_offset(Bytes archive, std::uint64_t header_offset) {
  const Bytes header = part(archive, header_offset, kLocalHeaderBytes);
  if (number<std::uint32_t>(header, 0) != kLocalHeader) throw Error("a ZIP entry has no header");
  return header_offset + kLocalHeaderBytes + number<std::uint16_t>(header, 26) +
         number<std::uint16_t>(header, 28);
}

/// Reads the entry at `at` of the directory and moves `at` behind it.
ZipEntry read_entry(Bytes archive, Bytes directory, std::uint64_t& at) {
  const Bytes fixed = part(directory, at, kDirectoryEntryBytes);
  if (number<std::uint32_t>(fixed, 0) != kDirectoryEntry) throw Error("the ZIP directory is broken");
  const std::uint64_t name_bytes = number<std::uint16_t>(fixed, 28);
  const std::uint64_t extra_bytes = number<std::uint16_t>(fixed, 30);
  const Bytes name = part(directory, at + kDirectoryEntryBytes, name_bytes);
  const Bytes extra = part(directory, at + kDirectoryEntryBytes + name_bytes, extra_bytes);
  at += kDirectoryEntryBytes + name_bytes + extra_bytes + number<std::uint16_t>(fixed, 32);

  std::uint64_t stored_bytes = number<std::uint32_t>(fixed, 20);
  std::uint64_t raw_bytes = number<std::uint32_t>(fixed, 24);
  std::uint64_t header_offset = number<std::uint32_t>(fixed, 42);
  read_zip64(extra, raw_bytes, stored_bytes, header_offset);

  ZipEntry entry;
  entry.name = {reinterpret_cast<const char*>(name.data()), name.size()};
  entry.offset_bytes = data_offset(archive, header_offset);
  entry.bytes = part(archive, entry.offset_bytes, stored_bytes).size();
  const bool is_encrypted = (number<std::uint16_t>(fixed, 8) & kEncrypted) != 0;
  entry.is_stored = number<std::uint16_t>(fixed, 10) == 0 && !is_encrypted && raw_bytes == stored_bytes;
  return entry;
}

}  // namespace

bool is_zip(Bytes bytes) {
  return bytes.size() >= 4 && number<std::uint32_t>(bytes, 0) == kLocalHeader;
}

std::vector<ZipEntry> read_zip_directory(Bytes archive) {
  const Directory place = find_directory(archive);
  const Bytes directory = part(archive, place.offset_bytes, place.bytes);
  if (place.entry_count > directory.size() / kDirectoryEntryBytes) throw Error("the ZIP directory is broken");
  std::vector<ZipEntry> entries;
  std::unordered_set<std::string_view> names;
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < place.entry_count; ++i) {
    entries.push_back(read_entry(archive, directory, at));
    if (!names.insert(entries.back().name).second)
      throw Error(concat("ZIP entry '", entries.back().name, "' appears twice"));
  }
  return entries;
}

}  // namespace pupil::nn
