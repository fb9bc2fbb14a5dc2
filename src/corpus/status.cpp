// SPDX-License-Identifier: Apache-2.0
#include "corpus/status.h"

#include "corpus/database.h"
#include "corpus/submissions.h"

namespace pupil::corpus {
namespace {

std::int64_t single(Database& database, std::string_view sql) {
  auto query = database.query(sql);
  return query.step() ? query.integer(0) : 0;
}

// Rows of name, clips, milliseconds.
std::vector<CountRow> count_rows(Database& database, std::string_view sql) {
  auto query = database.query(sql);
  std::vector<CountRow> rows;
  while (query.step()) {
    rows.push_back({query.text(0), query.integer(1), static_cast<double>(query.integer(2)) * 1e-3});
  }
  return rows;
}

std::vector<LabelSplitRow> label_rows(Database& database) {
  auto query = database.query(
      "SELECT k.name, n.split, n.clip_count, n.duration_ms FROM truth_counts n JOIN classes k ON k.id = "
      "n.class_id"
      " WHERE n.clip_count > 0 ORDER BY k.name, n.split");
  std::vector<LabelSplitRow> rows;
  while (query.step()) {
    const std::string name = query.text(0);
    if (rows.empty() || rows.back().label != name) rows.push_back({name, {0, 0, 0}, 0});
    rows.back().clip_count[query.integer(1)] = query.integer(2);
    rows.back().duration_s += static_cast<double>(query.integer(3)) * 1e-3;
  }
  return rows;
}

}  // namespace

CatalogueStatus read_status(Catalogue& catalogue) {
  Database& database = catalogue.database();
  CatalogueStatus status;
  auto splits =
      database.query("SELECT split, sum(clip_count), sum(duration_ms) FROM clip_counts GROUP BY split");
  for (int split = 0; split < 3; ++split) status.splits[split].name = split_name(static_cast<Split>(split));
  while (splits.step()) {
    CountRow& row = status.splits[splits.integer(0)];
    row.clip_count = splits.integer(1);
    row.duration_s = static_cast<double>(splits.integer(2)) * 1e-3;
    status.clip_count += row.clip_count;
    status.duration_s += row.duration_s;
  }
  status.labels = label_rows(database);
  status.licences =
      count_rows(database,
                 "SELECT l.name, sum(n.clip_count), sum(n.duration_ms) FROM clip_counts n"
                 " JOIN licences l ON l.id = n.licence_id GROUP BY l.id HAVING sum(n.clip_count) > 0"
                 " ORDER BY 2 DESC, 1");
  status.sources =
      count_rows(database,
                 "SELECT s.name, sum(n.clip_count), sum(n.duration_ms) FROM clip_counts n"
                 " JOIN sources s ON s.id = n.source_id GROUP BY s.id HAVING sum(n.clip_count) > 0"
                 " ORDER BY 2 DESC, 1");
  status.set_aside =
      count_rows(database, "SELECT reason, count(*), 0 FROM set_aside GROUP BY reason ORDER BY 2 DESC, 1");
  status.recording_count = single(database, "SELECT count(*) FROM recordings");
  status.view_count = single(database, "SELECT count(*) FROM views");
  status.review_count = single(database, "SELECT count(*) FROM reviews");
  status.held_count = count_held_clips(catalogue);
  return status;
}

}  // namespace pupil::corpus
