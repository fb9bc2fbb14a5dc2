// SPDX-License-Identifier: Apache-2.0
// Rows only ever change their fate, so a run that is killed asks for nothing twice. A fate is decided where it is found
// out: harvesting knows of refusals, collect() alone knows what became a clip. settle_web_items() joins the two afterwards
// by source and path, in two statements, so that neither stage has to know the other.

#include "corpus/web_items.h"

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "corpus/clip_writer.h"
#include "corpus/database.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

// In the order of Fate.
constexpr std::array<std::string_view, 15> kFateNames = {
    "pending",   "kept",     "duplicate", "gone",      "refused",     "bot wall", "unreachable",
    "not audio", "unusable", "too long",  "too large", "wrong class", "licence",  "private address",
    "forgotten"};

constexpr std::string_view kSelectItem =
    "SELECT w.id, url, fetch_url, preview_url, page_url, title, author, licence, licence_text, preferences, recording,"
    " labels, k.name, device, duration_s, begin_s, end_s, fate, detail, query_id, hard_negative, judge, score,"
    " accepted_windows"
    " FROM web_items w JOIN classes k ON k.id = w.class_id ";

WebItem read_item(const Query& query) {
  WebItem item;
  item.id = query.integer(0);
  std::string* const texts[] = {&item.url,         &item.fetch_url, &item.preview_url, &item.page_url,
                                &item.title,       &item.author,    &item.licence,     &item.licence_text,
                                &item.preferences, &item.recording, &item.label,       &item.class_name,
                                &item.device};
  int column = 1;
  for (std::string* text : texts) *text = query.text(column++);
  item.duration_s = query.real(column++);
  item.begin_s = query.real(column++);
  item.end_s = query.real(column++);
  item.fate = parse_fate(query.text(column++));
  item.detail = query.text(column++);
  item.query_id = query.integer(column++);
  item.hard_negative = query.integer(column++) != 0;
  item.judge = query.text(column++);
  item.score = query.real(column++);
  item.accepted_count = query.integer(column);
  return item;
}

}  // namespace

std::string_view fate_name(Fate fate) {
  return kFateNames[static_cast<std::size_t>(fate)];
}

Fate parse_fate(std::string_view name) {
  for (std::size_t i = 0; i < kFateNames.size(); ++i) {
    if (kFateNames[i] == name) return static_cast<Fate>(i);
  }
  throw Error(concat("catalogue: '", name, "' is no fate that this program knows; update pupil"));
}

std::int64_t web_source(Catalogue& catalogue, const std::string& name) {
  return source_id(catalogue.database(), name, "web");
}

bool add_web_item(Catalogue& catalogue, std::int64_t source_id, const WebItem& item) {
  Database& database = catalogue.database();
  {
    auto known = database.query("SELECT 1 FROM web_items WHERE source_id = ? AND url = ?");
    if (known.bind(source_id).bind(item.url).step()) return false;
  }
  auto query = database.query(
      "INSERT INTO web_items(source_id, url, fetch_url, preview_url, page_url, title, author, licence, licence_text,"
      " preferences, recording, labels, device, class_id, duration_s, begin_s, end_s, fate, detail, query_id,"
      " hard_negative, retrieved_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(source_id);
  for (const std::string* text :
       {&item.url, &item.fetch_url, &item.preview_url, &item.page_url, &item.title, &item.author,
        &item.licence, &item.licence_text, &item.preferences, &item.recording, &item.label, &item.device})
    query.bind(*text);
  query.bind(class_id(database, item.class_name)).bind(item.duration_s).bind(item.begin_s).bind(item.end_s);
  query.bind(fate_name(item.fate)).bind(item.detail).bind(item.query_id);
  query.bind(std::int64_t{item.hard_negative}).bind(utc_now()).run();
  return true;
}

void set_fate(Catalogue& catalogue, std::int64_t item_id, Fate fate, std::string_view detail) {
  catalogue.database()
      .query("UPDATE web_items SET fate = ?, detail = ? WHERE id = ?")
      .bind(fate_name(fate))
      .bind(detail)
      .bind(item_id)
      .run();
}

void set_addresses(Catalogue& catalogue, const WebItem& item) {
  catalogue.database()
      .query("UPDATE web_items SET fetch_url = ?, preview_url = ?, duration_s = ? WHERE id = ?")
      .bind(item.fetch_url)
      .bind(item.preview_url)
      .bind(item.duration_s)
      .bind(item.id)
      .run();
}

void set_score(Catalogue& catalogue, const WebItem& item, std::string_view judge) {
  Database& database = catalogue.database();
  const std::int64_t class_row = class_id(database, item.class_name);
  database.query("UPDATE web_items SET judge = ?, class_id = ?, score = ?, accepted_windows = ? WHERE id = ?")
      .bind(judge)
      .bind(class_row)
      .bind(item.score)
      .bind(item.accepted_count)
      .bind(item.id)
      .run();
}

void retry_wrong_class(Catalogue& catalogue, std::int64_t source_id, std::string_view judge, double least,
                       double most) {
  catalogue.database()
      .query(
          "UPDATE web_items SET fate = 'pending', detail = '' WHERE fate = 'wrong class' AND source_id = ?"
          " AND (judge <> ? OR CASE hard_negative WHEN 0 THEN score >= ? ELSE score < ? END)")
      .bind(source_id)
      .bind(judge)
      .bind(least)
      .bind(most)
      .run();
}

std::vector<WebItem> pending_web_items(Catalogue& catalogue, std::int64_t source_id, std::int64_t first_id,
                                       std::int64_t end_id, std::int64_t limit) {
  auto query = catalogue.database().query(
      concat(kSelectItem,
             "WHERE fate = 'pending' AND source_id = ? AND w.id >= ? AND w.id < ? ORDER BY w.id LIMIT ?"));
  query.bind(source_id).bind(first_id).bind(end_id).bind(limit);
  std::vector<WebItem> items;
  while (query.step()) items.push_back(read_item(query));
  return items;
}

void settle_web_items(Catalogue& catalogue, std::int64_t source_id) {
  Database& database = catalogue.database();
  database
      .query(
          "UPDATE web_items SET fate = 'kept', detail = '' WHERE fate = 'pending' AND source_id = ?1 AND EXISTS"
          " (SELECT 1 FROM clips WHERE clips.source_id = ?1 AND path = web_items.url)")
      .bind(source_id)
      .run();
  // A longer copy may have taken a clip's place since it was kept.
  database
      .query(
          "UPDATE web_items SET detail = a.detail, fate = CASE a.reason"
          " WHEN 'exact duplicate' THEN 'duplicate' WHEN 'near duplicate' THEN 'duplicate'"
          " WHEN 'undecodable' THEN 'not audio' WHEN 'licence' THEN 'licence' ELSE 'unusable' END"
          " FROM set_aside a WHERE a.source_id = ?1 AND a.path = web_items.url AND web_items.source_id = ?1"
          " AND fate IN ('pending', 'kept') AND a.reason <> 'unreadable'")
      .bind(source_id)
      .run();
}

void retry_unreachable(Catalogue& catalogue, std::int64_t source_id) {
  catalogue.database()
      .query(
          "UPDATE web_items SET fate = 'pending', detail = '' WHERE fate = 'unreachable' AND source_id = ?")
      .bind(source_id)
      .run();
}

WebQuery find_web_query(Catalogue& catalogue, std::int64_t source_id, const std::string& class_name,
                        const std::string& query_text) {
  Database& database = catalogue.database();
  const std::int64_t class_row = class_id(database, class_name);
  {
    auto query = database.query(
        "SELECT id, cursor, finished, request_count, result_count FROM web_queries"
        " WHERE source_id = ? AND class_id = ? AND query = ?");
    if (query.bind(source_id).bind(class_row).bind(query_text).step())
      return {query.integer(0),      class_name,       query_text,      query.text(1),
              query.integer(2) != 0, query.integer(3), query.integer(4)};
  }
  database.query("INSERT INTO web_queries VALUES (NULL, ?, ?, ?, '', 0, 0, 0)")
      .bind(source_id)
      .bind(class_row)
      .bind(query_text)
      .run();
  return {database.last_row_id(), class_name, query_text, {}, false, 0, 0};
}

void set_web_query(Catalogue& catalogue, const WebQuery& query) {
  catalogue.database()
      .query(
          "UPDATE web_queries SET cursor = ?, finished = ?, request_count = ?, result_count = ? WHERE id = ?")
      .bind(query.cursor)
      .bind(std::int64_t{query.finished})
      .bind(query.request_count)
      .bind(query.result_count)
      .bind(query.id)
      .run();
}

WebCount count_web_clips(Catalogue& catalogue, const std::string& class_name, std::int64_t before_id) {
  auto query = catalogue.database().query(
      "SELECT count(*), count(DISTINCT c.recording_id), count(DISTINCT c.author),"
      " count(DISTINCT coalesce(nullif('device:' || w.device, 'device:'), 'author:' || c.author)),"
      " coalesce(sum(c.duration_ms), 0)"
      " FROM web_items w JOIN classes k ON k.id = w.class_id"
      " JOIN clips c ON c.source_id = w.source_id AND c.path = w.url WHERE w.fate = 'kept' AND k.name = ? AND w.id < ?");
  query.bind(class_name).bind(before_id).step();
  return {query.integer(0), query.integer(1), query.integer(2), query.integer(3),
          static_cast<double>(query.integer(4)) * 1e-3};
}

WebYield find_web_yield(Catalogue& catalogue, std::int64_t query_id) {
  // Licences and lengths are known without a request.
  auto query = catalogue.database().query(
      "SELECT count(*) FILTER (WHERE fate NOT IN ('pending', 'licence', 'too long')),"
      " count(*) FILTER (WHERE fate = 'kept'),"
      " coalesce(sum(accepted_windows) FILTER (WHERE fate = 'kept'), 0) FROM web_items WHERE query_id = ?");
  query.bind(query_id).step();
  return {query.integer(0), query.integer(1), query.integer(2)};
}

std::map<Fate, std::int64_t> count_fates(Catalogue& catalogue, std::int64_t source_id,
                                         const std::string& class_name) {
  auto query = catalogue.database().query(
      "SELECT fate, count(*) FROM web_items w JOIN classes k ON k.id = w.class_id"
      " WHERE source_id = ? AND k.name = ? GROUP BY fate");
  query.bind(source_id).bind(class_name);
  std::map<Fate, std::int64_t> counts;
  while (query.step()) counts[parse_fate(query.text(0))] = query.integer(1);
  return counts;
}

std::vector<FateRow> list_fates(Catalogue& catalogue) {
  auto query = catalogue.database().query(
      "SELECT s.name, fate, count(*) FROM web_items w JOIN sources s ON s.id = w.source_id"
      " GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2");
  std::vector<FateRow> rows;
  while (query.step()) rows.push_back({query.text(0), parse_fate(query.text(1)), query.integer(2)});
  return rows;
}

std::vector<FateLine> list_lost_items(Catalogue& catalogue) {
  auto query = catalogue.database().query(
      "SELECT s.name, url, fate, detail FROM web_items w JOIN sources s ON s.id = w.source_id"
      " WHERE fate <> 'kept' ORDER BY w.id");
  std::vector<FateLine> rows;
  while (query.step())
    rows.push_back({query.text(0), query.text(1), parse_fate(query.text(2)), query.text(3)});
  return rows;
}

}  // namespace pupil::corpus
