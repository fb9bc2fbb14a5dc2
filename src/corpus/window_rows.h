// SPDX-License-Identifier: Apache-2.0
// Selecting windows by a WindowFilter: what windows.cpp and scores.cpp share.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/database.h"
#include "corpus/windows.h"

namespace pupil::corpus {

/// Conditions on w (windows), v (views), c (clips), r (recordings) with parameters ?1 to ?7, bound by
/// bind_window_filter().
std::string window_conditions();
Query& bind_window_filter(Query& query, const WindowFilter& filter);

/// Order of windows w of views v of clips c with the original views o that comes from their content alone: rows come
/// in another order in every project, and sums, draws and files must not show it. (The path decides between two clips
/// of the very same audio, which collect does not let in.)
inline constexpr std::string_view kContentOrder =
    " ORDER BY o.hash, v.kind, v.query, w.start_sample, c.path, w.id";

/// A condition on clips c: none that people sent and nobody has reviewed (submissions.h).
inline constexpr std::string_view kNotHeld =
    "(c.source_id NOT IN (SELECT id FROM sources WHERE kind = 'submissions')"
    " OR EXISTS (SELECT 1 FROM reviews h WHERE h.clip_id = c.id)"
    " OR EXISTS (SELECT 1 FROM rejections h WHERE h.clip_id = c.id))";

/// To windows w of views v with labels x: n (the person's review of the very stretch) and q (the rejection, where it is of
/// the label's own class); their columns are null where there is none.
inline constexpr std::string_view kJoinDecision =
    " LEFT JOIN reviews n ON n.clip_id = v.clip_id"
    " AND n.start_ms = CAST(round(1000.0 * w.start_sample / v.sample_rate_hz) AS INTEGER)"
    " AND n.length_ms = CAST(round(1000.0 * w.length_samples / v.sample_rate_hz) AS INTEGER)"
    " LEFT JOIN rejections q ON q.clip_id = v.clip_id AND q.class_id = x.class_id"
    " AND q.start_ms = CAST(round(1000.0 * w.start_sample / v.sample_rate_hz) AS INTEGER)"
    " AND q.length_ms = CAST(round(1000.0 * w.length_samples / v.sample_rate_hz) AS INTEGER)";

/// A window from the first six columns.
Window read_window_row(const Query& query);

/// Windows of `filter` that also meet `more` ("AND ..."), where ?8 is `config_id`.
std::vector<Window> select_windows(Database& database, const WindowFilter& filter, std::string_view more,
                                   std::int64_t config_id, std::int64_t after_id, std::int64_t limit);
std::int64_t count_selected_windows(Database& database, const WindowFilter& filter, std::string_view more,
                                    std::int64_t config_id);

/// Adds the windows of one view. Returns how many.
std::int64_t insert_windows(Database& database, std::int64_t view_id, std::int64_t config_id,
                            const std::vector<WindowSpan>& spans);

}  // namespace pupil::corpus
