// SPDX-License-Identifier: Apache-2.0
#include "corpus/views.h"

#include "base/error.h"
#include "base/text.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

constexpr std::string_view kSelectView =
    "SELECT v.id, v.clip_id, v.kind, v.state, coalesce(v.config_id, 0), v.hash, v.sample_rate_hz, "
    "v.sample_count,"
    " v.floor_dbfs, v.query, v.energy_ratio, v.removed_db, v.size_bytes FROM views v ";

// Clips without all their ?2 views under configuration ?1.
constexpr std::string_view kUnseparated =
    "(SELECT count(*) FROM views o WHERE o.clip_id = c.id AND o.config_id = ?1 AND o.kind <> 0) < ?2"
    " AND NOT EXISTS (SELECT 1 FROM skips k WHERE k.clip_id = c.id AND k.config_id = ?1)";

}  // namespace

View read_view(const Query& query) {
  View view;
  view.id = query.integer(0);
  view.clip_id = query.integer(1);
  view.kind = static_cast<ViewKind>(query.integer(2));
  view.state = static_cast<ViewState>(query.integer(3));
  view.config_id = query.integer(4);
  view.hash = query.text(5);
  view.sample_rate_hz = static_cast<std::int32_t>(query.integer(6));
  view.sample_count = query.integer(7);
  view.floor_dbfs = query.real(8);
  view.separation.query = query.text(9);
  view.separation.energy_ratio = query.real(10);
  view.separation.removed_db = query.real(11);
  view.size_bytes = query.integer(12);
  return view;
}

std::string select_view(std::string_view conditions) {
  return concat(kSelectView, conditions);
}

View get_view(Catalogue& catalogue, std::int64_t view_id) {
  auto query = catalogue.database().query(select_view("WHERE v.id = ?"));
  if (!query.bind(view_id).step()) throw Error(concat("catalogue: no view ", view_id));
  return read_view(query);
}

View original_view(Catalogue& catalogue, std::int64_t clip_id) {
  auto query = catalogue.database().query(select_view("WHERE v.clip_id = ? AND v.kind = 0"));
  if (!query.bind(clip_id).step()) throw Error(concat("catalogue: no clip ", clip_id));
  return read_view(query);
}

std::vector<View> list_views(Catalogue& catalogue, std::int64_t clip_id) {
  // By kind, since the indexes of views are: without it every view of the project would be read.
  std::vector<View> views;
  for (const char* condition : {"WHERE v.clip_id = ? AND v.kind = 0",
                                "WHERE v.clip_id = ? AND v.kind <> 0 ORDER BY v.config_id, v.query"}) {
    auto query = catalogue.database().query(select_view(condition));
    query.bind(clip_id);
    while (query.step()) views.push_back(read_view(query));
  }
  return views;
}

std::int64_t insert_view(Database& database, const View& view, const LevelTrack& levels) {
  {
    auto query = database.query(
        "INSERT INTO views(clip_id, kind, state, config_id, query, hash, sample_rate_hz, sample_count, "
        "floor_dbfs,"
        " size_bytes, energy_ratio, removed_db) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(view.clip_id)
        .bind(static_cast<std::int32_t>(view.kind))
        .bind(static_cast<std::int32_t>(view.state));
    const bool separated = view.kind != ViewKind::original;
    separated ? query.bind(view.config_id) : query.bind_null();
    query.bind(view.separation.query).bind(view.hash).bind(view.sample_rate_hz).bind(view.sample_count);
    query.bind(levels.floor_dbfs()).bind(view.size_bytes);
    if (separated) {
      query.bind(view.separation.energy_ratio).bind(view.separation.removed_db);
    } else {
      query.bind_null().bind_null();
    }
    query.run();
  }
  const std::int64_t id = database.last_row_id();
  database.query("INSERT INTO levels VALUES (?, ?)")
      .bind(id)
      .bind_array(std::span<const std::uint8_t>(levels.blocks))
      .run();
  return id;
}

std::int64_t put_separated_view(Catalogue& catalogue, const View& view, const LevelTrack& levels) {
  if (view.kind != ViewKind::separated) throw Error("catalogue: only collect adds original views");
  Database& database = catalogue.database();
  database.query("SAVEPOINT put_view").run();
  try {
    database.query("DELETE FROM views WHERE clip_id = ? AND config_id = ? AND query = ? AND kind <> 0")
        .bind(view.clip_id)
        .bind(view.config_id)
        .bind(view.separation.query)
        .run();
    const std::int64_t id = insert_view(database, view, levels);
    database.query("RELEASE put_view").run();
    return id;
  } catch (...) {
    sqlite3_exec(database.connection(), "ROLLBACK TO put_view; RELEASE put_view", nullptr, nullptr, nullptr);
    throw;
  }
}

std::vector<Clip> pending_separation(Catalogue& catalogue, std::int64_t config_id,
                                     const std::vector<std::string>& queries, std::int64_t after_clip_id,
                                     std::int64_t limit) {
  Database& database = catalogue.database();
  auto query =
      database.query(concat(kSelectClip, "WHERE ", kUnseparated, " AND c.id > ?3 ORDER BY c.id LIMIT ?4"));
  query.bind(config_id).bind(static_cast<std::int64_t>(queries.size()));
  query.bind(after_clip_id).bind(limit);
  std::vector<Clip> clips;
  while (query.step()) clips.push_back(read_clip(query));
  for (Clip& clip : clips) clip.given = read_given_labels(database, clip.id);
  return clips;
}

std::int64_t count_pending_separation(Catalogue& catalogue, std::int64_t config_id,
                                      const std::vector<std::string>& queries) {
  auto query = catalogue.database().query(concat("SELECT count(*) FROM clips c WHERE ", kUnseparated));
  query.bind(config_id).bind(static_cast<std::int64_t>(queries.size())).step();
  return query.integer(0);
}

std::vector<std::string> list_view_hashes(Catalogue& catalogue) {
  auto query = catalogue.database().query("SELECT DISTINCT hash FROM views ORDER BY hash");
  std::vector<std::string> hashes;
  while (query.step()) hashes.push_back(query.text(0));
  return hashes;
}

}  // namespace pupil::corpus
