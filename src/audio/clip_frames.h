// SPDX-License-Identifier: Apache-2.0
// A whole recording as log-mel frames.

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "pupil/edge/log_mel.h"

namespace pupil::audio {

struct ClipFrames {
  std::vector<float> samples;  ///< mono at options.sample_rate_hz, full scale [-1, 1]
  std::vector<float> frames;   ///< [T, options.mel_count]
  int frame_count = 0;         ///< T
};

/// Options of a preset of the front end; UsageError that lists the names.
edge::LogMelOptions log_mel_preset(const std::string& name);

/// Frames of `samples`; Error if there are none.
std::vector<float> log_mel_frames(std::span<const float> samples, const edge::LogMelOptions& options);

/// Decodes `path` at the rate of `options` and computes its frames; Error as decode_file's.
ClipFrames read_clip_frames(const std::filesystem::path& path, const edge::LogMelOptions& options);

}  // namespace pupil::audio
