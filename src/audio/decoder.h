// SPDX-License-Identifier: Apache-2.0
// Sound in: any file FFmpeg's libraries can read becomes mono float samples at the wanted rate, piece by
// piece. Everything that takes audio files uses this; FFmpeg itself stays behind ffmpeg_plugin.h.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::audio {

/// What the source is, before any downmix or resampling.
struct AudioInfo {
  std::int32_t sample_rate_hz = 0;
  std::int32_t channel_count = 0;
  /// What the container claims; files lie. 0: it does not say. Count what read() gives instead.
  double duration_s = 0;
  /// FFmpeg's short names: "wav", "ogg", "mov,mp4,m4a,3gp,3g2,mj2"; "pcm_s16le", "opus".
  std::string container;
  std::string codec;
  /// Of a sample as coded: 16, 24, 32...; 0: lossy, or the source does not say.
  std::int32_t bits_per_sample = 0;
};

/// What was wrong with a source that could be decoded none the less.
struct Damage {
  /// Stretches the decoder could not make sense of and left out, as the ffmpeg program does.
  std::int64_t lost_packet_count = 0;
  /// Samples that were NaN, infinite or beyond ±2^24 (float files hold such) and became 0.
  std::int64_t bad_sample_count = 0;
};

/// "12 of 48,000 samples are not numbers, 3 packets could not be decoded"; empty where nothing is wrong.
/// `sample_count`: of the samples at the source's rate.
std::string damage_text(const Damage& damage, std::int64_t sample_count);

struct DecodeOptions {
  /// Rate of the samples given out, 100 to 768000. 0 keeps the source's; else soxr at high quality where it
  /// differs.
  std::int32_t sample_rate_hz = 0;
  /// Downmix: -1 is the mean of all channels, 0 and up one channel (the mean can cancel: stereo in
  /// counterphase).
  std::int32_t channel = -1;
  /// Shorter sources are an Error ("too short ..."). 10 ms is one hop of the front end. 0: a single sample
  /// will do.
  double min_duration_s = 0.010;
};

/// Decodes one source from its beginning to its end.
///
/// Safe on hostile bytes: nothing but the given file is opened (no network, no playlists), at most 64
/// channels and 768 kHz, bounded probing and reading. Memory: under 10 MB whatever the length, and FFmpeg's
/// libraries once. Threads: one at a time per object; any number of objects. The first of a process loads
/// FFmpeg (25 ms; more from a cold disk).
class Decoder {
 public:
  /// Opens and decodes the first min_duration_s. Error: "no such file", "no audio stream (file is 0 bytes)",
  /// "no channel 2 (the source has 2)", "too short: ..."; without the path: the caller knows it and adds it.
  explicit Decoder(const std::filesystem::path& path, const DecodeOptions& options = {});

  /// The same for a file held in memory; `bytes` must outlive this object.
  explicit Decoder(std::span<const std::byte> bytes, const DecodeOptions& options = {});
  explicit Decoder(std::vector<std::byte>&& bytes, const DecodeOptions& options = {}) = delete;

  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  const AudioInfo& info() const;

  /// Of the samples that read() gives: the option, or the source's own.
  std::int32_t sample_rate_hz() const;

  /// Fills `samples` (mono, full scale [-1, 1]; loud lossy files overshoot a little) and returns how many it
  /// wrote: fewer than asked for only at the end, then 0 for ever. Error: reading the file failed, or a
  /// source that turned into something else midway (the chosen channel is gone). Damaged stretches are left
  /// out, not errors.
  std::size_t read(std::span<float> samples);

  /// So far; complete when read() has returned 0.
  const Damage& damage() const;
  /// Samples at the source's rate, so far.
  std::int64_t source_sample_count() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// For who has read a source to its end: a warning that names it where something was wrong, Error where not one sample
/// is a number, for an answer would rest on nothing.
void report_damage(const Decoder& decoder, std::string_view name);

/// The whole of one file. Memory: the result (64 kB a second at 16 kHz); for long files use Decoder.
/// `info` and `damage`, where given, are written on success only; who does not ask for the damage gets
/// report_damage(). Errors as Decoder's, with the path in front.
std::vector<float> decode_file(const std::filesystem::path& path, const DecodeOptions& options = {},
                               AudioInfo* info = nullptr, Damage* damage = nullptr);

}  // namespace pupil::audio
