// SPDX-License-Identifier: Apache-2.0
#include "audio/clip_frames.h"

#include <cstddef>

#include "audio/decoder.h"
#include "base/check_status.h"
#include "base/error.h"
#include "base/text.h"

namespace pupil::audio {

edge::LogMelOptions log_mel_preset(const std::string& name) {
  edge::LogMelOptions options;
  if (edge::find_log_mel_preset(name, &options) == edge::Status::ok) return options;
  std::string known;
  for (const std::string_view preset : edge::log_mel_preset_names())
    known += concat(known.empty() ? "" : ", ", preset);
  throw UsageError(concat("unknown front end '", name, "'; known: ", known));
}

std::vector<float> log_mel_frames(std::span<const float> samples, const edge::LogMelOptions& options) {
  const std::int64_t frame_count = edge::frame_count(options, static_cast<std::int64_t>(samples.size()));
  if (frame_count < 1) {
    throw Error(
        concat(samples.size(), " samples at ", options.sample_rate_hz, " Hz are too few for one frame"));
  }
  std::vector<std::byte> state(edge::LogMel::state_bytes(options));
  edge::LogMel log_mel;
  check_status(log_mel.init(options, state), "front end");
  const auto mel_count = static_cast<std::size_t>(options.mel_count);
  std::vector<float> frames(static_cast<std::size_t>(frame_count) * mel_count);
  std::int32_t pushed = 0;
  std::int32_t finished = 0;
  check_status(log_mel.push(samples, frames, &pushed), "front end");
  check_status(
      log_mel.finish(std::span(frames).subspan(static_cast<std::size_t>(pushed) * mel_count), &finished),
      "front end");
  return frames;
}

ClipFrames read_clip_frames(const std::filesystem::path& path, const edge::LogMelOptions& options) {
  ClipFrames clip;
  DecodeOptions decode;
  decode.sample_rate_hz = options.sample_rate_hz;
  clip.samples = decode_file(path, decode);
  clip.frames = with_context(path.string(), [&] { return log_mel_frames(clip.samples, options); });
  clip.frame_count = static_cast<int>(clip.frames.size()) / options.mel_count;
  return clip;
}

}  // namespace pupil::audio
