// SPDX-License-Identifier: Apache-2.0
// The seam between audio and FFmpeg. FFmpeg brings some two hundred shared libraries that take 25 ms to load,
// 0.1 s and more from a cold disk, and most commands never decode; so its side is a module of its own, opened
// at the first decode.
//
//     decoder.cpp -> ffmpeg_plugin.cpp, which finds and opens pupil-ffmpeg.so
//                 -> ffmpeg_stream.cpp, which is pupil-ffmpeg.so, the only user of FFmpeg
//
// The seam is plain C: no exception and no C++ object crosses it, so it does not matter whether both sides
// share type information (they are loaded RTLD_LOCAL). Failures are texts in FfmpegMessage. The module is
// never unloaded: FFmpeg's libraries keep threads and caches of their own.

#pragma once

#include <cstdint>

namespace pupil::audio {

/// Room for one line about what went wrong, ended by a zero.
struct FfmpegMessage {
  char text[256];
  bool out_of_memory;  ///< the machine's failure, not the file's
};

/// Where the bytes come from; outlives the stream. The functions do not throw.
struct FfmpegBytes {
  void* owner;
  /// Up to `capacity` bytes to `buffer`; returns how many, 0 at the end, -1 when reading failed.
  std::int32_t (*read)(void* owner, std::uint8_t* buffer, std::int32_t capacity);
  /// Sets the absolute position; returns it, or -1. Null: cannot seek.
  std::int64_t (*seek)(void* owner, std::int64_t position_bytes);
  /// -1: unknown.
  std::int64_t size_bytes;
  /// A file name, for the formats that are only known by it (raw G.722 and such); may be empty, not null.
  const char* name;
};

struct FfmpegInfo {
  char container[64];
  char codec[32];
  /// What the samples were coded with; 0: lossy, or not said.
  std::int32_t bits_per_sample;
  double duration_s;
};

/// A run of mono samples of one rate; they live until the next call.
struct FfmpegBlock {
  const float* samples;
  std::int64_t sample_count;
  std::int32_t sample_rate_hz;
  std::int32_t channel_count;
};

enum FfmpegResult : std::int32_t { kFfmpegBlock, kFfmpegEnd, kFfmpegFailed };

struct FfmpegStream;

struct FfmpegApi {
  /// Of this table and the structs above; both sides check it.
  std::int32_t version;
  /// Opens the best audio stream. `channel` as in DecodeOptions. Null on failure, with the reason in
  /// `message`.
  FfmpegStream* (*open)(const FfmpegBytes* bytes, std::int32_t channel, FfmpegInfo* info,
                        FfmpegMessage* message);
  /// The next samples (at least one), the end, or a failure with its reason. Adds to `lost_packet_count`.
  FfmpegResult (*next)(FfmpegStream* stream, FfmpegBlock* block, std::int64_t* lost_packet_count,
                       FfmpegMessage* message);
  void (*close)(FfmpegStream* stream);
};

inline constexpr std::int32_t kFfmpegApiVersion = 2;

/// Limits on both sides of the seam: what no microphone ever made is an attack or a mistake.
inline constexpr std::int32_t kMaxChannelCount = 64;
inline constexpr std::int32_t kMinSampleRateHz = 100;
inline constexpr std::int32_t kMaxSampleRateHz = 768000;

/// The module's table, loaded on the first call (later ones cost nothing). Any thread. DiskError:
/// the module is not where it should be, or does not fit.
const FfmpegApi& ffmpeg_api();

}  // namespace pupil::audio

/// The one symbol of the module.
extern "C" __attribute__((visibility("default"))) const pupil::audio::FfmpegApi* pupil_ffmpeg_api() noexcept;
