// SPDX-License-Identifier: Apache-2.0
// What the module's table sources share: names to ids, the time.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "corpus/clips.h"
#include "corpus/database.h"
#include "corpus/views.h"

namespace pupil::corpus {

/// UTC, ISO 8601, whole seconds.
std::string utc_now();

/// The id of a class name; added when new. "" is 0.
std::int64_t class_id(Database& database, std::string_view name);

/// A clip from the columns of kSelectClip; given labels are not filled.
Clip read_clip(const Query& query);

/// To be followed by conditions on c (clips), r (recordings), v (the original view).
inline constexpr std::string_view kSelectClip =
    "SELECT c.id, r.name, r.split, v.hash, s.name, c.path, c.author, l.name, c.url, v.sample_rate_hz, "
    "v.sample_count,"
    " c.original_rate_hz, c.original_channel_count, c.original_codec"
    " FROM clips c JOIN recordings r ON r.id = c.recording_id JOIN sources s ON s.id = c.source_id"
    " JOIN licences l ON l.id = c.licence_id JOIN views v ON v.clip_id = c.id AND v.kind = 0 ";

/// The given labels of a clip, in the order in which they were given.
std::vector<GivenLabel> read_given_labels(Database& database, std::int64_t clip_id);

/// A "SELECT" of what read_view() reads, from views v, followed by `conditions`.
std::string select_view(std::string_view conditions);
View read_view(const Query& query);

/// Adds a view and its levels as they are; `id` and `floor_dbfs` of `view` are ignored. Returns the id.
std::int64_t insert_view(Database& database, const View& view, const LevelTrack& levels);

}  // namespace pupil::corpus
