// SPDX-License-Identifier: Apache-2.0
// Writes a recording in the format that its name asks for.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "audio/flac_writer.h"
#include "audio/wav_writer.h"

namespace pupil::audio {

/// One mono file, `.wav` or `.flac`; there whole after commit(), or not at all.
class SoundWriter {
 public:
  /// UsageError: another extension, or float samples in FLAC. Error: the folder cannot be written.
  SoundWriter(const std::filesystem::path& path, std::int32_t sample_rate_hz, bool raw_float);

  void write(std::span<const float> samples);
  void commit();

  /// Samples beyond full scale, which 16-bit files cut.
  std::int64_t clipped_count() const { return clipped_count_; }

 private:
  std::filesystem::path path_;
  bool raw_float_;
  std::int64_t clipped_count_ = 0;
  std::unique_ptr<WavWriter> wav_;
  std::unique_ptr<FlacWriter> flac_;
};

}  // namespace pupil::audio
