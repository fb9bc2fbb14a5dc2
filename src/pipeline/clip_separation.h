// SPDX-License-Identifier: Apache-2.0
// Separates stored clips with all queries of a project: for the catalogue (separate_stage.h) and for a shard
// (separate_shard.h). Knows no catalogue.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "corpus/level_track.h"
#include "corpus/store.h"
#include "corpus/views.h"
#include "project/project_file.h"
#include "separator/stream_separation.h"

namespace pupil::pipeline {

/// One query's view of one clip: its audio is in the store, it is not yet in a catalogue: clip and configuration are not filled.
struct NewView {
  corpus::View view;
  corpus::LevelTrack levels;
};

/// What became of one clip.
struct ClipSeparation {
  std::vector<NewView> views;  ///< in the order of the queries
  std::string problem;         ///< why the clip could not be separated; empty: it was
};

/// Threads: separate() from any number at the same time.
class ClipSeparator {
 public:
  /// Loads the project's separator; warns of words that it does not know. `project` outlives it. Error: no such model, no class to
  /// ask for.
  ClipSeparator(const Project& project, const std::string& device);

  const std::vector<std::string>& queries() const { return queries_; }

  /// Reads the clip of this hash from the project's own store and writes its views to `store`. Error: the audio is gone, a
  /// full disk; `path` stands in it. A clip that cannot be separated is no Error.
  ClipSeparation separate(const std::string& clip_hash, const std::string& path,
                          const corpus::Store& store) const;

 private:
  NewView separate_view(const std::filesystem::path& file, std::size_t query,
                        const corpus::Store& store) const;

  const Project& project_;
  const separator::Separator model_;
  const std::vector<std::string> queries_;
  std::vector<separator::Query> turned_;  // one per query
  separator::StreamOptions stream_;
};

}  // namespace pupil::pipeline
