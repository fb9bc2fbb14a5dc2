// SPDX-License-Identifier: Apache-2.0
// 1. Windows are cut once per configuration: a view has all of its windows or none, in one transaction, so a run that was
//    killed goes on with the views that have none (kUncut).
// 2. All that filters windows binds ?1 to ?7 alike (bind_window_filter()); a caller's own conditions begin at ?8.
// 3. Lists go by id and in pages, so that a list of any length takes no memory; where the result must not depend on the order
//    in which clips came in, by content.

#include "corpus/windows.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "corpus/rows.h"
#include "corpus/window_rows.h"

namespace pupil::corpus {
namespace {

constexpr std::int64_t kViewsPerTransaction = 2000;
// A shorter end (a codec's padding) gets no window of its own.
constexpr double kMinEndHops = 0.25;

constexpr std::string_view kSelectWindow =
    "SELECT w.id, w.view_id, v.clip_id, w.start_sample, w.length_samples, w.activity_db"
    " FROM windows w JOIN views v ON v.id = w.view_id JOIN clips c ON c.id = v.clip_id"
    " JOIN recordings r ON r.id = c.recording_id ";

void check(const WindowOptions& options) {
  if (!(options.length_s > 0) || !(options.hop_s > 0)) {
    throw Error(
        concat("window: length ", options.length_s, " s and hop ", options.hop_s, " s must be positive"));
  }
}

std::string config_text(const WindowOptions& options) {
  check(options);
  char text[160];
  std::snprintf(text, sizeof text, R"({"floor_max_dbfs":%.9g,"hop_s":%.9g,"length_s":%.9g})",
                options.floor_max_dbfs, options.hop_s, options.length_s);
  return text;
}

// Good views with levels and without windows under configuration ?1.
constexpr std::string_view kUncut =
    "FROM views v JOIN levels l ON l.view_id = v.id WHERE v.state = 0"
    " AND NOT EXISTS (SELECT 1 FROM windows w WHERE w.view_id = v.id AND w.config_id = ?1)";

struct UncutView {
  std::int64_t id = 0;
  std::int32_t sample_rate_hz = 0;
  std::int64_t sample_count = 0;
  LevelTrack levels;
};

std::vector<UncutView> uncut_views(Database& database, std::int64_t config_id, std::int64_t after) {
  auto query = database.query(concat("SELECT v.id, v.sample_rate_hz, v.sample_count, l.blocks ", kUncut,
                                     " AND v.id > ?2 ORDER BY v.id LIMIT ?3"));
  query.bind(config_id).bind(after).bind(kViewsPerTransaction);
  std::vector<UncutView> views;
  while (query.step()) {
    views.push_back({query.integer(0), static_cast<std::int32_t>(query.integer(1)), query.integer(2),
                     LevelTrack{query.array<std::uint8_t>(3)}});
  }
  return views;
}

}  // namespace

std::vector<WindowSpan> cut_windows(const LevelTrack& levels, std::int32_t sample_rate_hz,
                                    std::int64_t sample_count, const WindowOptions& options) {
  check(options);
  const auto length = std::max<std::int64_t>(1, std::llround(options.length_s * sample_rate_hz));
  const auto hop = std::max<std::int64_t>(1, std::llround(options.hop_s * sample_rate_hz));
  const double floor = std::min(levels.floor_dbfs(), options.floor_max_dbfs);
  const double blocks_per_sample = 1.0 / std::max(1.0, std::round(kLevelBlockS * sample_rate_hz));

  std::vector<WindowSpan> spans;
  const auto add = [&](std::int64_t start) {
    const auto begin = static_cast<std::int64_t>(static_cast<double>(start) * blocks_per_sample);
    const auto end =
        static_cast<std::int64_t>(std::ceil(static_cast<double>(start + length) * blocks_per_sample));
    spans.push_back({start, length, std::max(0.0, levels.span_dbfs(begin, end) - floor)});
  };
  std::int64_t start = 0;
  for (; start == 0 || start + length <= sample_count; start += hop) add(start);
  const std::int64_t left_over = sample_count - (start - hop + length);
  if (static_cast<double>(left_over) > kMinEndHops * static_cast<double>(hop)) add(sample_count - length);
  return spans;
}

StageConfig window_config(Catalogue& catalogue, const WindowOptions& options) {
  return configure(catalogue, "windows", config_text(options));
}

StageConfig look_up_window_config(Catalogue& catalogue, const WindowOptions& options) {
  return look_up_config(catalogue, "windows", config_text(options));
}

std::int64_t count_uncut_views(Catalogue& catalogue, const WindowOptions& options) {
  auto query = catalogue.database().query(concat("SELECT count(*) ", kUncut));
  query.bind(look_up_window_config(catalogue, options).id).step();
  return query.integer(0);
}

std::int64_t insert_windows(Database& database, std::int64_t view_id, std::int64_t config_id,
                            const std::vector<WindowSpan>& spans) {
  for (const WindowSpan& span : spans) {
    database
        .query(
            "INSERT INTO windows(view_id, config_id, start_sample, length_samples, activity_db)"
            " VALUES (?, ?, ?, ?, ?)")
        .bind(view_id)
        .bind(config_id)
        .bind(span.start_sample)
        .bind(span.length_samples)
        .bind(span.activity_db)
        .run();
  }
  return std::ssize(spans);
}

std::int64_t cut_pending_windows(Catalogue& catalogue, const WindowOptions& options) {
  Database& database = catalogue.database();
  const StageConfig config = window_config(catalogue, options);
  std::int64_t added = 0;
  for (std::int64_t after = 0;;) {
    const auto views = uncut_views(database, config.id, after);
    if (views.empty()) return added;
    Transaction transaction(catalogue);
    for (const UncutView& view : views) {
      added += insert_windows(database, view.id, config.id,
                              cut_windows(view.levels, view.sample_rate_hz, view.sample_count, options));
    }
    transaction.commit();
    after = views.back().id;
  }
}

std::string window_conditions() {
  return concat(
      "w.config_id = ?1"
      " AND ((?2 AND v.kind = 0) OR (v.kind <> 0 AND v.state = 0 AND v.config_id = ?3"
      " AND NOT EXISTS (SELECT 1 FROM judgements j WHERE j.view_id = v.id AND j.config_id = ?7"
      " AND j.destroyed)))"
      " AND w.activity_db >= ?4 AND w.activity_db < ?5 AND (?6 < 0 OR (r.split = ?6 AND ",
      kNotHeld, "))");
}

Query& bind_window_filter(Query& query, const WindowFilter& filter) {
  if (filter.window_config_id == 0)
    throw Error("catalogue: a window filter needs the window configuration's id");
  return query.bind(filter.window_config_id)
      .bind(std::int32_t{filter.original})
      .bind(filter.separate_config_id)
      .bind(filter.min_activity_db)
      .bind(filter.max_activity_db)
      .bind(filter.split ? static_cast<std::int32_t>(*filter.split) : -1)
      .bind(filter.judge_config_id);
}

Window read_window_row(const Query& query) {
  return {query.integer(0), query.integer(1), query.integer(2),
          query.integer(3), query.integer(4), query.real(5)};
}

std::vector<Window> select_windows(Database& database, const WindowFilter& filter, std::string_view more,
                                   std::int64_t config_id, std::int64_t after_id, std::int64_t limit) {
  auto query = database.query(concat(kSelectWindow, "WHERE ", window_conditions(), " AND w.id > ?9 ", more,
                                     " ORDER BY w.id LIMIT ?10"));
  bind_window_filter(query, filter).bind(config_id).bind(after_id).bind(limit);
  std::vector<Window> windows;
  while (query.step()) windows.push_back(read_window_row(query));
  return windows;
}

std::int64_t count_selected_windows(Database& database, const WindowFilter& filter, std::string_view more,
                                    std::int64_t config_id) {
  auto query = database.query(concat(
      "SELECT count(*) FROM windows w JOIN views v ON v.id = w.view_id JOIN clips c ON c.id = v.clip_id"
      " JOIN recordings r ON r.id = c.recording_id WHERE ",
      window_conditions(), " ", more));
  bind_window_filter(query, filter);
  if (!more.empty()) query.bind(config_id);
  query.step();
  return query.integer(0);
}

std::string hash_windows(Catalogue& catalogue, const WindowFilter& filter) {
  auto query = catalogue.database().query(
      concat("SELECT v.hash, w.start_sample FROM windows w JOIN views v ON v.id = w.view_id"
             " JOIN clips c ON c.id = v.clip_id JOIN recordings r ON r.id = c.recording_id"
             " JOIN views o ON o.clip_id = c.id AND o.kind = 0 WHERE ",
             window_conditions(), kContentOrder));
  bind_window_filter(query, filter);
  Sha256 hash;
  while (query.step()) hash.update(concat(query.text(0), " ", query.integer(1), "\n"));
  return hash.hex();
}

Window get_window(Catalogue& catalogue, std::int64_t window_id) {
  auto query = catalogue.database().query(concat(kSelectWindow, "WHERE w.id = ?"));
  if (!query.bind(window_id).step()) throw Error(concat("catalogue: no window ", window_id));
  return read_window_row(query);
}

std::int64_t count_windows(Catalogue& catalogue, const WindowFilter& filter) {
  return count_selected_windows(catalogue.database(), filter, "", 0);
}

std::vector<Window> list_windows(Catalogue& catalogue, const WindowFilter& filter,
                                 std::int64_t after_window_id, std::int64_t limit) {
  return select_windows(catalogue.database(), filter, "", 0, after_window_id, limit);
}

std::vector<Window> list_windows_by_content(Catalogue& catalogue, const WindowFilter& filter) {
  auto query = catalogue.database().query(concat(kSelectWindow,
                                                 "JOIN views o ON o.clip_id = c.id AND o.kind = 0 WHERE ",
                                                 window_conditions(), kContentOrder));
  bind_window_filter(query, filter);
  std::vector<Window> windows;
  while (query.step()) windows.push_back(read_window_row(query));
  return windows;
}

std::vector<Window> list_view_windows(Catalogue& catalogue, std::int64_t view_id,
                                      std::int64_t window_config_id) {
  auto query = catalogue.database().query(
      concat(kSelectWindow, "WHERE w.view_id = ? AND w.config_id = ? ORDER BY w.start_sample"));
  query.bind(view_id).bind(window_config_id);
  std::vector<Window> windows;
  while (query.step()) windows.push_back(read_window_row(query));
  return windows;
}

}  // namespace pupil::corpus
