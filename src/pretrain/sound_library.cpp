// SPDX-License-Identifier: Apache-2.0
#include "pretrain/sound_library.h"

#include <algorithm>
#include <map>

#include "audio/decoder.h"

namespace pupil::pretrain {

SoundLibrary::SoundLibrary(std::vector<ManifestClip> clips, double synthetic_share)
    : clips_(std::move(clips)),
      samples_(clips_.size()),
      synthetic_share_(clips_.empty() ? 1 : synthetic_share) {
  std::map<std::string, std::vector<std::int64_t>> by_label;
  for (std::size_t i = 0; i < clips_.size(); ++i) {
    const ManifestClip& clip = clips_[i];
    by_label[clip.label.empty() && !clip.captions.empty() ? clip.captions[0] : clip.label].push_back(
        static_cast<std::int64_t>(i));
  }
  for (auto& [label, positions] : by_label) by_label_.push_back(std::move(positions));
}

const std::vector<float>& SoundLibrary::samples(std::int64_t clip) {
  std::vector<float>& samples = samples_[static_cast<std::size_t>(clip)];
  if (!samples.empty()) return samples;
  const ManifestClip& source = clips_[static_cast<std::size_t>(clip)];
  samples = audio::decode_file(source.file, {.sample_rate_hz = kLibraryRateHz});
  if (source.duration_s > 0) {
    const auto count = std::ssize(samples);
    const auto at = [&](double seconds) {
      return std::clamp<std::int64_t>(static_cast<std::int64_t>(seconds * kLibraryRateHz), 0, count);
    };
    samples = {samples.begin() + at(source.start_s),
               samples.begin() + at(source.start_s + source.duration_s)};
    if (samples.empty()) samples.assign(kLibraryRateHz / 10, 0.0F);
  }
  return samples;
}

}  // namespace pupil::pretrain
