// SPDX-License-Identifier: Apache-2.0
// Which recordings a backbone learns from: those that decode, that repeat nothing it will be judged by, and
// whose group is not held out.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pretrain/manifest.h"

namespace pupil::pretrain {

struct BackboneClipOptions {
  /// Folders of audio that later judges a student: what repeats a clip in them (corpus/duplicate_index.h) is
  /// left out.
  std::vector<std::filesystem::path> exclude;
  double held_out = 0.05;  ///< share of the groups
  std::int32_t threads = 1;
  /// Keeps what was found, for a later call with the same clips and folders; empty: nowhere.
  std::filesystem::path cache;
};

struct BackboneClips {
  std::vector<ManifestClip> train, held_out;
  std::int64_t duplicates = 0;  ///< left out: they repeat something of `exclude`
  std::int64_t unreadable = 0;  ///< left out: they do not decode, or are silent
};

/// The clips of a folder: of its index.csv where it has one (columns.csv and root do not count), grouped by
/// the column `label_column`; else every audio file, each a group of its own, under columns.licence. Where
/// the index has a column may_ship, rows that do not say "yes" are left out, unless columns.any_licence.
/// Error: as read_manifest().
Manifest read_audio_folder(const std::filesystem::path& folder, const ManifestOptions& columns);

/// Divides `clips` by their labels, which are groups of one origin: equal labels stay together. A group's
/// side is a function of its name. Error: a folder of `exclude` cannot be read; nothing is left.
BackboneClips choose_clips(const std::vector<ManifestClip>& clips, const BackboneClipOptions& options);

}  // namespace pupil::pretrain
