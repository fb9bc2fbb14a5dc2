// SPDX-License-Identifier: Apache-2.0
#include "corpus/view_audio.h"

namespace pupil::corpus {

std::vector<float> ViewAudio::read(const std::string& hash, std::int64_t start_sample,
                                   std::int64_t length_samples) {
  if (!reader_ || hash != hash_) {
    reader_.reset();
    reader_.emplace(stored_audio_path(project_dir_, hash), audio::DecodeOptions{.min_duration_s = 0});
    hash_ = hash;
  }
  std::vector<float> samples = reader_->read(start_sample, length_samples);
  if (reader_->at_end()) check_damage(stored_audio_path(project_dir_, hash), reader_->damage());
  return samples;
}

}  // namespace pupil::corpus
