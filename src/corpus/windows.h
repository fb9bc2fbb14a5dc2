// SPDX-License-Identifier: Apache-2.0
// Windows: fixed stretches of a view that are scored and learned.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "corpus/catalogue.h"
#include "corpus/clips.h"
#include "corpus/level_track.h"

namespace pupil::corpus {

/// `[window]` of pupil.toml.
struct WindowOptions {
  double length_s = 1.0;
  double hop_s = 0.5;

  /// A clip's floor is the level of its quietest tenth, but not above this: a sound that fills the whole clip
  /// (rain) is sound and not floor.
  double floor_max_dbfs = -50.0;
};

/// A stretch before it is stored. Where the hops leave more than a quarter of a hop over, one more window
/// ends with the clip (it overlaps its neighbour more than the others do); a clip shorter than a window gives
/// one that reaches past its end, where readers see zeros.
struct WindowSpan {
  std::int64_t start_sample = 0;
  std::int64_t length_samples = 0;  ///< always round(length_s * rate)
  double activity_db = 0;           ///< level (mean power) above the clip's floor, never negative
  bool operator==(const WindowSpan&) const = default;
};

struct Window {
  std::int64_t id = 0;
  std::int64_t view_id = 0;
  std::int64_t clip_id = 0;
  std::int64_t start_sample = 0;  ///< in samples of the view's rate
  std::int64_t length_samples = 0;
  double activity_db = 0;
};

/// Cuts a clip of `sample_count` samples whose levels are `levels`. Error: length or hop not positive.
std::vector<WindowSpan> cut_windows(const LevelTrack& levels, std::int32_t sample_rate_hz,
                                    std::int64_t sample_count, const WindowOptions& options);

/// The "windows" configuration of these options. Windows of several configurations lie side by side.
StageConfig window_config(Catalogue& catalogue, const WindowOptions& options);

/// The same, as look_up_config(): nothing is written.
StageConfig look_up_window_config(Catalogue& catalogue, const WindowOptions& options);

/// Good views that cut_pending_windows() would cut.
std::int64_t count_uncut_views(Catalogue& catalogue, const WindowOptions& options);

/// Cuts all views (good ones) that have no windows under the options' configuration yet; decodes nothing.
/// Resumable; a transaction per some thousand views. Returns the number of windows added.
std::int64_t cut_pending_windows(Catalogue& catalogue, const WindowOptions& options);

/// Windows to read. Every field narrows.
struct WindowFilter {
  std::int64_t window_config_id = 0;    ///< required: window_config().id
  bool original = true;                 ///< windows of original views
  std::int64_t separate_config_id = 0;  ///< and those of good separated views of this configuration; 0: none
  std::int64_t judge_config_id = 0;     ///< but not of views that were destroyed by this one (judgements.h)
  double min_activity_db = -std::numeric_limits<double>::infinity();
  double max_activity_db = std::numeric_limits<double>::infinity();  ///< exclusive
  std::optional<Split> split;  ///< what is held back (submissions.h) belongs to none
};

/// SHA-256 over which windows of `filter` there are: their audio and where they begin. The same whatever order
/// their clips came in.
std::string hash_windows(Catalogue& catalogue, const WindowFilter& filter);

Window get_window(Catalogue& catalogue, std::int64_t window_id);
std::int64_t count_windows(Catalogue& catalogue, const WindowFilter& filter);

/// Matching windows, ascending id, beginning after `after_window_id`, at most `limit`: read a large set page
/// by page.
std::vector<Window> list_windows(Catalogue& catalogue, const WindowFilter& filter,
                                 std::int64_t after_window_id = 0,
                                 std::int64_t limit = std::numeric_limits<std::int64_t>::max());

/// All matching windows in an order that comes from their audio alone: the same whatever order their clips came in.
std::vector<Window> list_windows_by_content(Catalogue& catalogue, const WindowFilter& filter);

/// Windows of one view under one window configuration, by start.
std::vector<Window> list_view_windows(Catalogue& catalogue, std::int64_t view_id,
                                      std::int64_t window_config_id);

}  // namespace pupil::corpus
