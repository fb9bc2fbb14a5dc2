// SPDX-License-Identifier: Apache-2.0
// A page on which a person sees and hears what the separator did: spectrograms and players, before and after,
// in one HTML file that needs nothing else.

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace pupil::pipeline {

/// One recording and what came out of it, 32 kHz mono, full scale [-1, 1], equally long.
struct SeparatedSound {
  std::string name;
  std::string query;
  std::string judgement;  ///< "good", "silent", "destroyed"
  double energy_ratio = 0;
  double removed_db = 0;
  std::vector<float> before;
  std::vector<float> after;
  /// Of the whole recording, where `before` holds its beginning only.
  double duration_s = 0;
};

/// Seconds of one recording that a page takes at most: players hold their audio in the page.
inline constexpr double kPageSecondsMax = 120;

/// Writes the page whole or not at all. Error: it cannot be written.
void write_separation_page(const std::filesystem::path& path, std::span<const SeparatedSound> sounds);

}  // namespace pupil::pipeline
