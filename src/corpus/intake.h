// SPDX-License-Identifier: Apache-2.0
// One file on its way in: decoded once, and in that one pass measured, fingerprinted and encoded aside.

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "corpus/clips.h"
#include "corpus/collect.h"
#include "corpus/fingerprint.h"
#include "corpus/level_track.h"
#include "corpus/store.h"

namespace pupil::corpus {

/// |sample| from here on, of full scale, is at full scale.
inline constexpr float kFullScale = 0.99F;
/// More samples than this share that are no numbers and a recording is set aside: a click or two is worth keeping with a warning.
inline constexpr double kBadShareMax = 0.001;

/// What became of a file. Its FLAC lies in the store's temporary folder until it is adopted or removed.
struct Intake {
  std::optional<SetAsideReason> refused;  ///< why it cannot be a clip; then only `detail` is filled
  std::string detail;
  std::filesystem::path temporary;
  std::string hash;             ///< SHA-256 of that file
  std::int64_t size_bytes = 0;  ///< of that file
  std::int32_t sample_rate_hz = 0;
  std::int64_t sample_count = 0;
  std::int32_t original_rate_hz = 0;
  std::int32_t original_channel_count = 0;
  std::string original_codec;
  std::string damage;  ///< what was wrong with it none the less; empty: nothing
  double offset = 0;   ///< mean of its samples: a microphone's constant offset, of full scale
  LevelTrack levels;
  Fingerprint fingerprint;
};

/// Threads: any number at the same time. Memory: some 10 MB whatever the file's length. Error: the store
/// cannot be written; a file that cannot be used is no Error but `refused`.
Intake take_in(const std::filesystem::path& file, const Store& store, const CollectOptions& options);

}  // namespace pupil::corpus
