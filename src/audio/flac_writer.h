// SPDX-License-Identifier: Apache-2.0
// Sound out, lossless: mono FLAC through libFLAC, whole or not at all.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace pupil::audio {

struct FlacOptions {
  /// 16 or 24. Lossy and 16-bit sources lose nothing audible at 16; 24 takes about twice the space.
  std::int32_t bits_per_sample = 16;
  /// libFLAC's 0 to 8: 5 is what `flac` and `ffmpeg` take by default; 8 saves 1 % for three times the time.
  std::int32_t compression_level = 5;
};

/// Writes one FLAC file. The same samples and options give the same bytes.
///
///     FlacWriter writer(folder, 32000);
///     while (...) writer.write(samples);
///     writer.commit(folder / "bark.flac");
///
/// Until commit() the file has a temporary name in `folder` (temp_file.h); destruction before it leaves
/// nothing. Memory: one block (4096 samples). Threads: one at a time per object.
class FlacWriter {
 public:
  /// `sample_rate_hz` 1 to 1048575. Error: the folder cannot be written, or bad options.
  FlacWriter(const std::filesystem::path& folder, std::int32_t sample_rate_hz,
             const FlacOptions& options = {});
  ~FlacWriter();
  FlacWriter(FlacWriter&&) noexcept;
  FlacWriter& operator=(FlacWriter&&) noexcept;

  /// Appends mono samples, full scale [-1, 1]: rounded to nearest without dither; beyond full scale they are
  /// clipped and counted, NaN becomes 0. Error: disk full and the like; only destruction is allowed
  /// afterwards.
  void write(std::span<const float> samples);

  std::int64_t sample_count() const;
  std::int64_t clipped_count() const;

  /// Completes the file, synced to the disk but under its temporary name, which is returned: for who wants
  /// to name it by its content. No write() afterwards. Again: the same.
  const std::filesystem::path& close();

  /// close(), then renames to `path` (same file system; replaces a file of that name). On Error `path` is
  /// as it was.
  void commit(const std::filesystem::path& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pupil::audio
