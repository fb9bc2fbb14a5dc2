// SPDX-License-Identifier: Apache-2.0
// WAV, read from front to back: a file in the device build, and what comes on standard input in every build. Nothing is
// sought, so a pipe will do.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace pupil::device {

/// Bytes, one after the other.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Writes up to bytes.size() bytes, waiting for the first, and returns how many; 0 at the end. Error.
  virtual std::size_t read(std::span<unsigned char> bytes) = 0;
};

/// Reads until `bytes` is full or the source ends; returns how many came.
std::size_t read_fully(ByteSource& source, std::span<unsigned char> bytes);

inline constexpr std::size_t kWavMarkBytes = 12;

/// Whether a source that begins so is a WAV: RIFF or RF64 (more than 4 GB), then WAVE.
bool is_wav(std::span<const unsigned char, kWavMarkBytes> mark);

/// The samples of a WAV with 8, 16, 24 or 32-bit integers or 32-bit floats (WAVE_FORMAT_EXTENSIBLE as well) and at
/// most 64 channels, whose mean is taken.
class WavReader {
 public:
  /// Reads up to the first sample; `source` stands behind the mark and must outlive this object. Error, without the
  /// source's name: another format, or no samples.
  explicit WavReader(ByteSource& source);

  std::int32_t sample_rate_hz() const { return rate_hz_; }

  /// Mono samples, full scale [-1, 1]; 0 at the end. Sizes of 0, 0xFFFFFFFF and the like, which recorders write into
  /// a pipe, mean until the end of the source. Half a sample at the end is dropped; NaN and infinite ones become 0.
  std::size_t read(std::span<float> samples);

 private:
  void read_format(std::uint32_t bytes);
  void skip(std::uint64_t bytes);
  float sample(const unsigned char* bytes) const;

  ByteSource& source_;
  std::int32_t rate_hz_ = 0;
  std::size_t channel_count_ = 0;
  std::size_t sample_bytes_ = 0;
  bool is_float_ = false;
  std::uint64_t left_ = 0;  // bytes of samples
  std::vector<unsigned char> bytes_;
  std::size_t held_ = 0;  // of bytes_: the beginning of a frame that has not come whole
};

}  // namespace pupil::device
