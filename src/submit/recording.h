// SPDX-License-Identifier: Apache-2.0
// What somebody sent -> samples, or why not. The bytes are a stranger's: what they are is told by themselves, never by a name or
// a declared type, and they are decoded no further than the longest recording that is taken.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pupil::submit {

struct RecordingLimits {
  std::int64_t max_bytes = 10'000'000;  ///< of the file; 60 s of 16-bit WAV at 48 kHz are 5.8 MB
  double min_s = 0.5;
  double max_s = 60;
  double silence_db = -60;      ///< a peak below it, of full scale, is no sound at all
  double quiet_db = -40;        ///< and below it too quiet to learn from
  double clipped_share = 0.01;  ///< of the samples may be at full scale (corpus/intake.h)
};

/// Peaks are never reported below it.
inline constexpr double kQuietestDb = -120;

struct Recording {
  std::string problem;    ///< one line for the sender: why it is not taken; empty: it is
  bool is_sound = false;  ///< the bytes are a sound file of a kind that is taken
  std::vector<float>
      samples;  ///< mono: the mean of all channels, full scale [-1, 1]; empty where there is a problem
  std::int32_t rate_hz = 0;  ///< the file's own, at most 48000
  double duration_s = 0;
  double peak_db = kQuietestDb;  ///< of full scale, without a constant offset
  double clipped_share = 0;
};

/// Any bytes. Memory: 200 kB for each second of `limits.max_s`. DiskError: the machine cannot decode.
Recording read_recording(std::span<const std::byte> bytes, const RecordingLimits& limits);

/// Whether a file begins as one of the kinds that browsers and phones record and that are taken: WAV, FLAC, Ogg, MP3, AAC,
/// MP4 (M4A, 3GP), WebM, AIFF. FFmpeg reads hundreds more, and is not asked to look at anything else.
bool begins_as_sound(std::span<const std::byte> bytes);

}  // namespace pupil::submit
