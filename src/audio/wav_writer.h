// SPDX-License-Identifier: Apache-2.0
// Sound out, plain: mono WAV, 16-bit or float, whole or not at all.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/temp_file.h"

namespace pupil::audio {

enum class WavFormat {
  kInt16,    ///< Rounded to nearest without dither; clipped beyond full scale; NaN becomes 0.
  kFloat32,  ///< The very bits that were given, whatever they are.
};

/// Writes one WAV file, as FlacWriter writes FLAC: temporary name until commit(), nothing left without it.
/// Memory: 32 kB on the stack. Threads: one at a time per object.
class WavWriter {
 public:
  /// `sample_rate_hz` 1 and up. Error: the folder cannot be written, or a rate below that.
  WavWriter(const std::filesystem::path& folder, std::int32_t sample_rate_hz, WavFormat format);

  /// Appends mono samples, full scale [-1, 1]. Error: disk full, or beyond the 4 GB that a WAV file can hold.
  void write(std::span<const float> samples);

  /// Completes the file and renames it to `path` (same file system). On Error `path` is as it was.
  void commit(const std::filesystem::path& path);

 private:
  void write_header();

  TempFile file_;
  std::int32_t sample_rate_hz_;
  WavFormat format_;
  std::int64_t data_bytes_ = 0;
};

/// The whole of a short 16-bit file in memory, for pages that hold their sounds.
std::vector<std::byte> wav_bytes(std::span<const float> samples, std::int32_t sample_rate_hz);

}  // namespace pupil::audio
