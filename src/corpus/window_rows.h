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

/// Conditions on w (windows), v (views), r (recordings) with parameters ?1 to ?9, bound by
/// bind_window_filter().
std::string window_conditions();
Query& bind_window_filter(Query& query, const WindowFilter& filter);

/// Order of windows w of views v of clips c with the original views o that comes from their content alone: rows come
/// in another order in every project, and sums, draws and files must not show it. (The path decides between two clips
/// of the very same audio, which collect does not let in.)
inline constexpr std::string_view kContentOrder =
    " ORDER BY o.hash, v.kind, v.query, w.start_sample, c.path, w.id";

/// A window from the first six columns.
Window read_window_row(const Query& query);

/// Windows of `filter` that also meet `more` ("AND ..."), where ?10 is `config_id`.
std::vector<Window> select_windows(Database& database, const WindowFilter& filter, std::string_view more,
                                   std::int64_t config_id, std::int64_t after_id, std::int64_t limit);
std::int64_t count_selected_windows(Database& database, const WindowFilter& filter, std::string_view more,
                                    std::int64_t config_id);

/// Adds the windows of one view. Returns how many.
std::int64_t insert_windows(Database& database, std::int64_t view_id, std::int64_t config_id,
                            const std::vector<WindowSpan>& spans);

}  // namespace pupil::corpus
