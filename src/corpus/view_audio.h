// SPDX-License-Identifier: Apache-2.0
// Reads windows of stored audio in flat memory, whatever the length of the recording.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audio/window_reader.h"
#include "corpus/store.h"

namespace pupil::corpus {

/// Quick when the windows of a recording are read in rising order, as audio::WindowReader is. Memory: its.
/// Threads: one at a time per object.
class ViewAudio {
 public:
  explicit ViewAudio(const Store& store) : ViewAudio(store.root().parent_path()) {}
  /// For whoever only reads: nothing is made in the folder.
  explicit ViewAudio(std::filesystem::path project_dir) : project_dir_(std::move(project_dir)) {}

  /// Samples [start, start + length) of the view `hash` at its own rate, full scale [-1, 1]; zeros before its
  /// beginning and past its end. Error: the file cannot be read or is damaged. What is missing or torn
  /// check_stored_audio() (lost_audio.h) names better; it asks the catalogue, and so is for the catalogue's thread.
  std::vector<float> read(const std::string& hash, std::int64_t start_sample, std::int64_t length_samples);

 private:
  const std::filesystem::path project_dir_;
  std::string hash_;
  std::optional<audio::WindowReader> reader_;  // of hash_
};

}  // namespace pupil::corpus
