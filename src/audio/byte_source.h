// SPDX-License-Identifier: Apache-2.0
// The bytes of a source for FFmpeg: a file or a span. FFmpeg opens nothing by itself.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "audio/ffmpeg_plugin.h"

namespace pupil::audio {

/// Reads a file or a span of memory. Stays where it is: view() points into it.
class ByteSource {
 public:
  /// Error: the file cannot be opened (without its path), or is a folder.
  explicit ByteSource(const std::filesystem::path& path);
  explicit ByteSource(std::span<const std::byte> bytes);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// What the module takes.
  FfmpegBytes view() noexcept;

  /// -1: unknown (a pipe).
  std::int64_t size_bytes() const { return size_bytes_; }

  /// The system's reason why a read failed; 0 if none did.
  int read_errno() const { return read_errno_; }

 private:
  std::int32_t read(std::uint8_t* buffer, std::int32_t capacity) noexcept;
  std::int64_t seek(std::int64_t position_bytes) noexcept;

  std::string name_;
  int file_ = -1;
  std::span<const std::byte> bytes_;
  std::int64_t position_bytes_ = 0;
  std::int64_t size_bytes_ = -1;
  bool seekable_ = true;
  int read_errno_ = 0;
  std::int64_t read_budget_bytes_ = 0;
};

}  // namespace pupil::audio
