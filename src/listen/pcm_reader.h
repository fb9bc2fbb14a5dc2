// SPDX-License-Identifier: Apache-2.0
// Bytes of a pipe, in whatever pieces they come, as 16-bit samples.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pupil::listen {

/// Raw signed 16-bit little-endian mono samples, or a WAV: the first twelve bytes decide. What is scored and kept is
/// 16 bits either way, so that a clip gives the scores that were given live. Threads: one at a time per object.
class PcmReader {
 public:
  explicit PcmReader(std::int32_t rate_hz);
  ~PcmReader();
  PcmReader(const PcmReader&) = delete;
  PcmReader& operator=(const PcmReader&) = delete;

  /// Appends the samples that became whole. Error: a WAV that is not read, or of another rate.
  void push(std::span<const unsigned char> bytes, std::vector<std::int16_t>& samples);

 private:
  struct Wav;
  void push_raw(std::span<const unsigned char> bytes, std::vector<std::int16_t>& samples);
  void push_wav(std::vector<std::int16_t>& samples);
  void open_wav();

  std::int32_t rate_hz_;
  enum class Form { unknown, raw, wav } form_ = Form::unknown;
  std::vector<unsigned char> held_;  // before the form is known
  int low_byte_ = -1;                // of a sample whose other half has not come
  std::unique_ptr<Wav> wav_;
};

}  // namespace pupil::listen
