// SPDX-License-Identifier: Apache-2.0
// Videos through yt-dlp, a program of its own: checked before it is used, called the way its manual asks for.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "corpus/web_items.h"

namespace pupil::harvest {

struct VideoOptions {
  std::string program = "yt-dlp";
  std::filesystem::path folder;  ///< where files come to
  double max_duration_s = 3600;
  std::int64_t max_megabytes = 50;
};

/// Error: no such program, one older than 2025.11.12 (sites need its JavaScript runtime since), or no such runtime (deno,
/// node, qjs, bun) in PATH; says how to get it.
void check_video_program(const VideoOptions& options);

/// The words yt-dlp is called with for `url`.
std::vector<std::string> video_command(const VideoOptions& options, const std::string& url);

struct Video {
  std::filesystem::path file;  ///< empty: none came
  corpus::Fate fate = corpus::Fate::pending;
  std::string detail;  ///< yt-dlp's last words
};

/// Fetches a whole video's sound. Error: the program cannot be run, or was called wrongly.
Video fetch_video(const VideoOptions& options, const std::string& url);

/// What yt-dlp's complaint means.
corpus::Fate fate_of_complaint(const std::string& complaint);

/// Writes [begin_s, end_s) of a recording (end 0: to its end) as WAV. Error: it cannot be decoded, or ends before begin_s.
void cut_recording(const std::filesystem::path& from, double begin_s, double end_s,
                   const std::filesystem::path& to);

}  // namespace pupil::harvest
