// SPDX-License-Identifier: Apache-2.0
#include "audio/flac_writer.h"
#include "listen/clip_file.h"
#include "listen/pcm_floats.h"

namespace pupil::listen {

const char* const kClipExtension = ".flac";

void write_clip(const std::filesystem::path& path, std::span<const std::int16_t> samples,
                std::int32_t rate_hz) {
  audio::FlacWriter writer(path.parent_path(), rate_hz);
  for_float_blocks(samples, [&](std::span<const float> block) { writer.write(block); });
  writer.commit(path);
}

}  // namespace pupil::listen
