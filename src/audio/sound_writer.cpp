// SPDX-License-Identifier: Apache-2.0
#include "audio/sound_writer.h"

#include <cmath>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace pupil::audio {

SoundWriter::SoundWriter(const std::filesystem::path& path, std::int32_t sample_rate_hz, bool raw_float)
    : path_(path), raw_float_(raw_float) {
  const std::filesystem::path folder = path.parent_path().empty() ? "." : path.parent_path();
  const std::string extension = path.extension();
  if (extension == ".wav") {
    const auto format = raw_float ? WavFormat::kFloat32 : WavFormat::kInt16;
    wav_ = std::make_unique<WavWriter>(folder, sample_rate_hz, format);
  } else if (extension == ".flac" && !raw_float) {
    flac_ = std::make_unique<FlacWriter>(folder, sample_rate_hz);
  } else {
    throw UsageError(concat(
        path.string(), raw_float ? ": float samples go to .wav" : ": a name in .wav or .flac is wanted"));
  }
}

void SoundWriter::write(std::span<const float> samples) {
  if (!raw_float_) {
    for (const float sample : samples) clipped_count_ += std::abs(sample) > 1.0F ? 1 : 0;
  }
  wav_ ? wav_->write(samples) : flac_->write(samples);
}

void SoundWriter::commit() {
  wav_ ? wav_->commit(path_) : flac_->commit(path_);
}

}  // namespace pupil::audio
