// SPDX-License-Identifier: Apache-2.0
// Reads stretches of a recording in flat memory, whatever its length.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "audio/decoder.h"

namespace pupil::audio {

/// Quick when stretches are read in rising order: the recording is decoded once, forward. A longer step back decodes it
/// again from the beginning. Memory: the stretch asked for, 1 MB, and one decoder. Threads: one at a time per object.
class WindowReader {
 public:
  /// Error: as Decoder's, with the path in front.
  explicit WindowReader(std::filesystem::path path, const DecodeOptions& options = {});

  /// Samples [start, start + length), full scale [-1, 1]; zeros before the beginning and past the end. Error: the file
  /// is missing or damaged.
  std::vector<float> read(std::int64_t start_sample, std::int64_t length_samples);

  /// Whether the recording's end has been decoded, and what was wrong up to where it has been.
  bool at_end() const { return at_end_; }
  const Damage& damage() const { return decoder_->damage(); }

 private:
  void open();
  void decode(std::int64_t first_sample, std::int64_t end_sample);
  void drop_before(std::int64_t sample);

  const std::filesystem::path path_;
  const DecodeOptions options_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<float> kept_;  // decoded samples from kept_start_ on
  std::int64_t kept_start_ = 0;
  bool at_end_ = false;
};

}  // namespace pupil::audio
