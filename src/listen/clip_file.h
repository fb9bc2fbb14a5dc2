// SPDX-License-Identifier: Apache-2.0
// The format of clips: FLAC, in the device build WAV. One of clip_file_flac.cpp and clip_file_wav.cpp is built.

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace pupil::listen {

/// ".flac" or ".wav"
extern const char* const kClipExtension;

/// Writes mono samples, losslessly, as a whole file or not at all. DiskError.
void write_clip(const std::filesystem::path& path, std::span<const std::int16_t> samples,
                std::int32_t rate_hz);

/// What a file of so many samples takes at most.
constexpr std::int64_t most_clip_bytes(std::int64_t samples) {
  return 2 * samples + 16384;
}

}  // namespace pupil::listen
