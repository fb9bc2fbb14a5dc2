// SPDX-License-Identifier: Apache-2.0
// Examples: the stored audio of clips. Every clip has one original view; `separate` adds others beside it.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/clips.h"
#include "corpus/level_track.h"

namespace pupil::corpus {

/// Stored as these numbers; never renumber.
enum class ViewKind : std::int32_t { original = 0, separated = 1 };

/// Whether a separated view may be used, as the separator's own measures say; a teacher's judgement comes on top
/// (judgements.h). Stored as these numbers; never renumber.
enum class ViewState : std::int32_t { good = 0, silent = 1, destroyed = 2 };

/// What the separator knows of its output.
struct Separation {
  std::string query;        ///< "a dog barking"
  double energy_ratio = 0;  ///< energy of the view over energy of the original
  double removed_db =
      0;  ///< level of what was taken away against the original, dB (0: everything, -60: next to nothing)
};

struct View {
  std::int64_t id = 0;
  std::int64_t clip_id = 0;
  ViewKind kind = ViewKind::original;
  ViewState state = ViewState::good;
  std::int64_t config_id = 0;  ///< the "separate" configuration; 0 for originals
  std::string hash;            ///< name in the store (store.h)
  std::int32_t sample_rate_hz = 0;
  std::int64_t sample_count = 0;
  std::int64_t size_bytes = 0;  ///< of the file in the store; 0: not recorded (catalogues before version 3)
  double floor_dbfs = 0;        ///< level of the quietest tenth (level_track.h)
  Separation separation;        ///< of separated views
};

View get_view(Catalogue& catalogue, std::int64_t view_id);

/// The original view of a clip.
View original_view(Catalogue& catalogue, std::int64_t clip_id);

/// All views of a clip, the original first, then by configuration and query.
std::vector<View> list_views(Catalogue& catalogue, std::int64_t clip_id);

/// Adds a separated view whose audio is in the store already (commit the file first: see Store::commit).
/// `view.id` and `floor_dbfs` are ignored; `levels` of the audio (see LevelMeter) serve its windows. The same
/// clip, configuration and query again replace the former row and its windows. Returns the id.
std::int64_t put_separated_view(Catalogue& catalogue, const View& view, const LevelTrack& levels);

/// Clips that have not as many separated views under `config_id` as there are `queries` and no skip there
/// (scores.h: put_clip_skip), ascending id, beginning after `after_clip_id`, at most `limit`.
std::vector<Clip> pending_separation(Catalogue& catalogue, std::int64_t config_id,
                                     const std::vector<std::string>& queries, std::int64_t after_clip_id,
                                     std::int64_t limit);

/// How many clips that are.
std::int64_t count_pending_separation(Catalogue& catalogue, std::int64_t config_id,
                                      const std::vector<std::string>& queries);

/// Hashes of all views, sorted, without repetition: what the store must hold.
std::vector<std::string> list_view_hashes(Catalogue& catalogue);

}  // namespace pupil::corpus
