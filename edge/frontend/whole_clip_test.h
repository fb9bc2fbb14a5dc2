// SPDX-License-Identifier: Apache-2.0
// Runs the front end over a clip, for tests that look at the result.

#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pupil/edge/log_mel.h"

namespace pupil::edge {

inline LogMelOptions preset(std::string_view name) {
  LogMelOptions options;
  EXPECT_EQ(find_log_mel_preset(name, &options), Status::ok) << name;
  return options;
}

/// Pushes samples[from ...] in pieces of `pieces` samples (the last length repeats), finishes, returns all
/// frames.
inline std::vector<float> frames_of(const LogMelOptions& options, const std::vector<float>& samples,
                                    const std::vector<std::size_t>& pieces = {}) {
  std::vector<std::byte> state(LogMel::state_bytes(options));
  LogMel log_mel;
  EXPECT_EQ(log_mel.init(options, state), Status::ok);
  std::vector<float> frames(
      static_cast<std::size_t>(frame_count(options, static_cast<std::int64_t>(samples.size()))) *
      static_cast<std::size_t>(options.mel_count));
  const std::span<float> out(frames);
  std::size_t written = 0;
  std::size_t at = 0;
  const auto advance = [&](Status status, std::int32_t count) {
    EXPECT_EQ(status, Status::ok);
    written += static_cast<std::size_t>(count) * static_cast<std::size_t>(options.mel_count);
  };
  for (std::size_t piece = 0; at < samples.size(); ++piece) {
    std::size_t length = samples.size() - at;
    if (!pieces.empty()) length = std::min(length, pieces[std::min(piece, pieces.size() - 1)]);
    std::int32_t count = 0;
    const Status status = log_mel.push(std::span(samples).subspan(at, length), out.subspan(written), &count);
    advance(status, count);
    at += length;
  }
  std::int32_t count = 0;
  const Status status = log_mel.finish(out.subspan(written), &count);
  advance(status, count);
  EXPECT_EQ(written, frames.size());
  return frames;
}

}  // namespace pupil::edge
