// SPDX-License-Identifier: Apache-2.0
// What the tests of this module share: signals, the ffmpeg program as a peer.

#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "base/test_folder.h"

namespace pupil::audio::testing {

inline std::vector<float> tone(double frequency_hz, std::int32_t sample_rate_hz, std::size_t count,
                               float amplitude = 0.5F) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double phase = 2 * std::numbers::pi * frequency_hz * static_cast<double>(i) / sample_rate_hz;
    samples[i] = amplitude * static_cast<float>(std::sin(phase));
  }
  return samples;
}

inline double rms(std::span<const float> samples) {
  double sum = 0;
  for (const float sample : samples) sum += static_cast<double>(sample) * sample;
  return samples.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples.size()));
}

/// The bytes of a WAV file. `format` 1 is integer, 3 float; `data` the interleaved samples as they lie in
/// memory.
template <typename T>
std::vector<std::byte> wav_bytes(std::uint16_t format, std::uint16_t channel_count,
                                 std::uint32_t sample_rate_hz, const std::vector<T>& data) {
  std::vector<std::byte> bytes;
  const auto put = [&bytes](const void* from, std::size_t count) {
    const auto* begin = static_cast<const std::byte*>(from);
    bytes.insert(bytes.end(), begin, begin + count);
  };
  const auto put32 = [&put](std::size_t value) {
    const auto narrow = static_cast<std::uint32_t>(value);
    put(&narrow, 4);
  };
  const auto put16 = [&put](std::size_t value) {
    const auto narrow = static_cast<std::uint16_t>(value);
    put(&narrow, 2);
  };
  const std::size_t data_bytes = data.size() * sizeof(T);
  put("RIFF", 4);
  put32(36 + data_bytes);
  put("WAVEfmt ", 8);
  put32(16);
  put16(format);
  put16(channel_count);
  put32(sample_rate_hz);
  put32(sample_rate_hz * channel_count * sizeof(T));
  put16(channel_count * sizeof(T));
  put16(8 * sizeof(T));
  put("data", 4);
  put32(data_bytes);
  put(data.data(), data_bytes);
  return bytes;
}

using Folder = TestFolder;
using pupil::file_bytes;

/// Whether the program can be run; a test that needs it says so and skips.
inline bool has_ffmpeg() {
  return std::system("ffmpeg -version >/dev/null 2>&1") == 0;
}

/// Runs `ffmpeg -v error -nostdin -y ARGUMENTS`; true on success.
inline bool ffmpeg(const std::string& arguments) {
  return std::system(("ffmpeg -v error -nostdin -y " + arguments).c_str()) == 0;
}

/// What `ffmpeg -i path OPTIONS` gives as float samples; empty where it fails.
inline std::vector<float> ffmpeg_decode(const std::filesystem::path& path, const std::string& options) {
  const Folder folder;
  const std::filesystem::path raw = folder / "samples.f32";
  if (!ffmpeg("-i '" + path.string() + "' -vn " + options + " -f f32le '" + raw.string() + "' 2>/dev/null")) {
    return {};
  }
  const std::vector<std::byte> bytes = file_bytes(raw);
  std::vector<float> samples(bytes.size() / sizeof(float));
  if (!samples.empty()) std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(float));
  return samples;
}

}  // namespace pupil::audio::testing
