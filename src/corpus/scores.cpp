// SPDX-License-Identifier: Apache-2.0
// One condition makes work pending: an item of the filter (parameters ?1 to ?7, window_rows.h) without a row
// in the stage's table and without a skip, both under configuration ?8. ?9 and ?10 are the last id of the
// batch before and the batch's size.
//
// 1. Pending items ascend by id, so that a batch can begin where the last one ended. Results are read in
//    kContentOrder instead: ids depend on what happened in a project before, and sums and files must not.
// 2. A review is never written into `labels`: it is joined when they are read, by clip, start and length in
//    milliseconds, so that it outlives every configuration.
// 3. Putting is an upsert everywhere: a stage that was killed may write a result again.

#include "corpus/scores.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "corpus/rows.h"
#include "corpus/window_rows.h"

namespace pupil::corpus {
namespace {

constexpr std::array<std::string_view, 5> kVerdictNames = {"accepted", "doubtful", "none of these",
                                                           "background", "capped"};

// A window is pending where the stage's table has no row for it and nobody skipped it. ?8 is the
// configuration.
std::string lacks_result(std::string_view table) {
  return concat("AND NOT EXISTS (SELECT 1 FROM ", table,
                " x WHERE x.config_id = ?8 AND x.window_id = w.id)"
                " AND NOT EXISTS (SELECT 1 FROM skips k WHERE k.window_id = w.id AND k.config_id = ?8)");
}

std::string pending_view_conditions() {
  return concat(
      "v.id > ?9 AND v.state = 0 AND EXISTS (SELECT 1 FROM windows w WHERE w.view_id = v.id AND ",
      window_conditions(),
      ") AND NOT EXISTS (SELECT 1 FROM view_embeddings x WHERE x.config_id = ?8 AND x.view_id = v.id)"
      " AND NOT EXISTS (SELECT 1 FROM skips k WHERE k.view_id = v.id AND k.config_id = ?8)");
}

constexpr std::string_view kJoinOriginalAndRecording =
    " JOIN views o ON o.clip_id = c.id AND o.kind = 0 JOIN recordings r ON r.id = c.recording_id ";

constexpr std::string_view kJoinRecording =
    " JOIN clips c ON c.id = v.clip_id JOIN recordings r ON r.id = c.recording_id WHERE ";

void check_finite(std::span<const float> values, std::string_view what, std::int64_t id) {
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) {
    throw Error(concat("catalogue: ", what, " ", id, ": values that are not finite"));
  }
}

void put_values(Catalogue& catalogue, std::string_view table, std::string_view item, std::int64_t config_id,
                std::int64_t item_id, std::span<const float> values) {
  check_finite(values, item, item_id);
  catalogue.database()
      .query(concat("INSERT INTO ", table, "(config_id, ", item, "_id, \"values\") VALUES (?, ?, ?)",
                    " ON CONFLICT DO UPDATE SET \"values\" = excluded.\"values\""))
      .bind(config_id)
      .bind(item_id)
      .bind_array(values)
      .run();
}

std::vector<float> get_values(Catalogue& catalogue, std::string_view table, std::string_view item,
                              std::int64_t config_id, std::int64_t item_id) {
  auto query = catalogue.database().query(
      concat("SELECT \"values\" FROM ", table, " WHERE config_id = ? AND ", item, "_id = ?"));
  if (!query.bind(config_id).bind(item_id).step()) return {};
  return query.array<float>(0);
}

void put_skip(Catalogue& catalogue, std::string_view item, std::int64_t config_id, std::int64_t item_id,
              std::string_view reason, std::string_view detail) {
  catalogue.database()
      .query(concat("INSERT INTO skips(config_id, ", item,
                    "_id, reason, detail) VALUES (?, ?, ?, ?) ON CONFLICT(", item, "_id, config_id) WHERE ",
                    item, "_id IS NOT NULL DO UPDATE SET reason = excluded.reason, detail = excluded.detail"))
      .bind(config_id)
      .bind(item_id)
      .bind(reason)
      .bind(detail)
      .run();
}

WindowLabel read_label(const Query& query, int column) {
  WindowLabel label;
  label.window_id = query.integer(column);
  label.verdict = static_cast<Verdict>(query.integer(column + 1));
  label.label = query.text(column + 2);
  label.soft = query.array<float>(column + 3);
  label.confidence = query.real(column + 4);
  label.margin = query.real(column + 5);
  label.entropy = query.real(column + 6);
  return label;
}

}  // namespace

std::vector<Window> pending_embeddings(Catalogue& catalogue, const WindowFilter& filter,
                                       std::int64_t embed_config_id, std::int64_t after_id,
                                       std::int64_t limit) {
  return select_windows(catalogue.database(), filter, lacks_result("window_embeddings"), embed_config_id,
                        after_id, limit);
}

std::vector<Window> pending_scores(Catalogue& catalogue, const WindowFilter& filter,
                                   std::int64_t score_config_id, std::int64_t after_id, std::int64_t limit) {
  return select_windows(catalogue.database(), filter, lacks_result("scores"), score_config_id, after_id,
                        limit);
}

std::vector<Window> pending_labels(Catalogue& catalogue, const WindowFilter& filter,
                                   std::int64_t label_config_id, std::int64_t after_id, std::int64_t limit) {
  return select_windows(catalogue.database(), filter, lacks_result("labels"), label_config_id, after_id,
                        limit);
}

std::vector<View> pending_view_embeddings(Catalogue& catalogue, const WindowFilter& filter,
                                          std::int64_t embed_config_id, std::int64_t after_id,
                                          std::int64_t limit) {
  auto query = catalogue.database().query(
      select_view(concat(kJoinRecording, pending_view_conditions(), " ORDER BY v.id LIMIT ?10")));
  bind_window_filter(query, filter).bind(embed_config_id).bind(after_id).bind(limit);
  std::vector<View> views;
  while (query.step()) views.push_back(read_view(query));
  return views;
}

std::int64_t count_pending_embeddings(Catalogue& catalogue, const WindowFilter& filter,
                                      std::int64_t embed_config_id) {
  return count_selected_windows(catalogue.database(), filter, lacks_result("window_embeddings"),
                                embed_config_id);
}

std::int64_t count_pending_scores(Catalogue& catalogue, const WindowFilter& filter,
                                  std::int64_t score_config_id) {
  return count_selected_windows(catalogue.database(), filter, lacks_result("scores"), score_config_id);
}

std::int64_t count_pending_labels(Catalogue& catalogue, const WindowFilter& filter,
                                  std::int64_t label_config_id) {
  return count_selected_windows(catalogue.database(), filter, lacks_result("labels"), label_config_id);
}

std::int64_t count_pending_view_embeddings(Catalogue& catalogue, const WindowFilter& filter,
                                           std::int64_t embed_config_id) {
  auto query = catalogue.database().query(
      concat("SELECT count(*) FROM views v", kJoinRecording, pending_view_conditions()));
  bind_window_filter(query, filter).bind(embed_config_id).bind(std::int64_t{0}).step();
  return query.integer(0);
}

void put_embedding(Catalogue& catalogue, std::int64_t embed_config_id, std::int64_t window_id,
                   std::span<const float> values) {
  put_values(catalogue, "window_embeddings", "window", embed_config_id, window_id, values);
}

void put_view_embedding(Catalogue& catalogue, std::int64_t embed_config_id, std::int64_t view_id,
                        std::span<const float> values) {
  put_values(catalogue, "view_embeddings", "view", embed_config_id, view_id, values);
}

std::vector<float> get_embedding(Catalogue& catalogue, std::int64_t embed_config_id, std::int64_t window_id) {
  return get_values(catalogue, "window_embeddings", "window", embed_config_id, window_id);
}

std::vector<float> get_view_embedding(Catalogue& catalogue, std::int64_t embed_config_id,
                                      std::int64_t view_id) {
  return get_values(catalogue, "view_embeddings", "view", embed_config_id, view_id);
}

void put_scores(Catalogue& catalogue, std::int64_t score_config_id, std::int64_t window_id,
                std::span<const float> values) {
  put_values(catalogue, "scores", "window", score_config_id, window_id, values);
}

std::vector<float> get_scores(Catalogue& catalogue, std::int64_t score_config_id, std::int64_t window_id) {
  return get_values(catalogue, "scores", "window", score_config_id, window_id);
}

void for_each_scores(Catalogue& catalogue, const WindowFilter& filter, std::int64_t score_config_id,
                     const std::function<void(std::span<const float> values)>& visit) {
  auto query = catalogue.database().query(concat(
      "SELECT x.\"values\" FROM windows w JOIN views v ON v.id = w.view_id JOIN clips c ON c.id = v.clip_id",
      kJoinOriginalAndRecording, "JOIN scores x ON x.config_id = ?8 AND x.window_id = w.id WHERE ",
      window_conditions(), kContentOrder));
  bind_window_filter(query, filter).bind(score_config_id);
  while (query.step()) visit(query.array<float>(0));
}

std::string_view verdict_name(Verdict verdict) {
  return kVerdictNames.at(static_cast<std::size_t>(verdict));
}

void put_label(Catalogue& catalogue, std::int64_t label_config_id, const WindowLabel& label) {
  check_finite(label.soft, "window", label.window_id);
  Database& database = catalogue.database();
  const std::int64_t label_class = class_id(database, label.label);
  database
      .query(
          "INSERT INTO labels(config_id, window_id, verdict, class_id, soft, confidence, margin, entropy)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET verdict = excluded.verdict,"
          " class_id = excluded.class_id, soft = excluded.soft, confidence = excluded.confidence,"
          " margin = excluded.margin, entropy = excluded.entropy")
      .bind(label_config_id)
      .bind(label.window_id)
      .bind(static_cast<std::int32_t>(label.verdict))
      .bind(label_class)
      .bind_array(std::span<const float>(label.soft))
      .bind(label.confidence)
      .bind(label.margin)
      .bind(label.entropy)
      .run();
}

std::optional<WindowLabel> get_label(Catalogue& catalogue, std::int64_t label_config_id,
                                     std::int64_t window_id) {
  auto query = catalogue.database().query(
      "SELECT x.window_id, x.verdict, k.name, x.soft, x.confidence, x.margin, x.entropy"
      " FROM labels x JOIN classes k ON k.id = x.class_id WHERE x.config_id = ? AND x.window_id = ?");
  if (!query.bind(label_config_id).bind(window_id).step()) return std::nullopt;
  return read_label(query, 0);
}

void for_each_labelled_window(Catalogue& catalogue, const WindowFilter& filter, std::int64_t label_config_id,
                              std::optional<Verdict> verdict,
                              const std::function<void(const LabelledWindow&)>& visit) {
  // A review counts as accepted (0) with its label, or as none of these (2) without one. What was only said not to be
  // its label is doubtful (1).
  auto query = catalogue.database().query(concat(
      "SELECT w.id, w.view_id, v.clip_id, w.start_sample, w.length_samples, w.activity_db, v.hash, "
      "v.sample_rate_hz,"
      " v.kind, r.split, r.name, x.window_id,"
      " CASE WHEN q.id IS NOT NULL THEN 1 WHEN n.id IS NULL THEN x.verdict WHEN n.class_id = 0 THEN 2 ELSE 0 END"
      " AS final_verdict,"
      " k.name, x.soft, x.confidence, x.margin, x.entropy, q.id IS NOT NULL"
      " FROM windows w JOIN views v ON v.id = w.view_id JOIN clips c ON c.id = v.clip_id",
      kJoinOriginalAndRecording, "JOIN labels x ON x.config_id = ?8 AND x.window_id = w.id", kJoinDecision,
      " JOIN classes k ON k.id = coalesce(n.class_id, x.class_id)"
      " WHERE ",
      window_conditions(), " AND (?9 < 0 OR final_verdict = ?9) AND ", kNotHeld, kContentOrder));
  bind_window_filter(query, filter).bind(label_config_id);
  query.bind(verdict ? static_cast<std::int32_t>(*verdict) : -1);
  LabelledWindow row;
  while (query.step()) {
    row.window = read_window_row(query);
    row.view_hash = query.text(6);
    row.sample_rate_hz = static_cast<std::int32_t>(query.integer(7));
    row.view_kind = static_cast<ViewKind>(query.integer(8));
    row.split = static_cast<Split>(query.integer(9));
    row.recording = query.text(10);
    row.label = read_label(query, 11);
    row.rejected = query.integer(18) != 0;
    visit(row);
  }
}

void cap_accepted(Catalogue& catalogue, std::int64_t label_config_id, std::int64_t limit) {
  catalogue.database()
      .query(concat(
          "UPDATE labels SET verdict = ?1 WHERE id IN (SELECT id FROM"
          " (SELECT x.id, row_number() OVER (PARTITION BY x.class_id ORDER BY x.confidence DESC, o.hash, v.kind,"
          " v.query, w.start_sample, c.path, w.id) AS place FROM labels x JOIN windows w ON w.id = x.window_id"
          " JOIN views v ON v.id = w.view_id JOIN clips c ON c.id = v.clip_id"
          " JOIN views o ON o.clip_id = c.id AND o.kind = 0 WHERE x.config_id = ?2 AND x.verdict = ?3 AND ",
          kNotHeld, ") WHERE place > ?4)"))
      .bind(static_cast<std::int32_t>(Verdict::capped))
      .bind(label_config_id)
      .bind(static_cast<std::int32_t>(Verdict::accepted))
      .bind(limit)
      .run();
}

void put_window_skip(Catalogue& catalogue, std::int64_t config_id, std::int64_t window_id,
                     std::string_view reason, std::string_view detail) {
  put_skip(catalogue, "window", config_id, window_id, reason, detail);
}

void put_view_skip(Catalogue& catalogue, std::int64_t config_id, std::int64_t view_id,
                   std::string_view reason, std::string_view detail) {
  put_skip(catalogue, "view", config_id, view_id, reason, detail);
}

void put_clip_skip(Catalogue& catalogue, std::int64_t config_id, std::int64_t clip_id,
                   std::string_view reason, std::string_view detail) {
  put_skip(catalogue, "clip", config_id, clip_id, reason, detail);
}

std::vector<SkipCount> count_skips(Catalogue& catalogue, std::int64_t config_id) {
  auto query = catalogue.database().query(
      "SELECT reason, count(*) FROM skips WHERE config_id = ? GROUP BY reason ORDER BY 2 DESC, 1");
  query.bind(config_id);
  std::vector<SkipCount> counts;
  while (query.step()) counts.push_back({query.text(0), query.integer(1)});
  return counts;
}

void clear_skips(Catalogue& catalogue, std::int64_t config_id) {
  catalogue.database().query("DELETE FROM skips WHERE config_id = ?").bind(config_id).run();
}

}  // namespace pupil::corpus
