#include "corpus/views.h"

#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

constexpr std::string_view kSelectView =
    "SELECT v.id, v.clip_id, v.kind, v.state, coalesce(v.config_id, 0), v.hash, v.sample_rate_hz, "
    "v.sample_count,"
    " v.floor_dbfs, v.query, v.energy_ratio, v.removed_db, v.score_change, v.size_bytes FROM views v ";

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
  view.separation.score_change =
      query.is_null(12) ? std::numeric_limits<double>::quiet_NaN() : query.real(12);
  view.size_bytes = query.integer(13);
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
  auto query =
      catalogue.database().query(select_view("WHERE v.clip_id = ? ORDER BY v.kind, v.config_id, v.query"));
  query.bind(clip_id);
  std::vector<View> views;
  while (query.step()) views.push_back(read_view(query));
  return views;
}

std::int64_t insert_view(Database& database, const View& view, const LevelTrack& levels) {
  {
    auto query = database.query(
        "INSERT INTO views(clip_id, kind, state, config_id, query, hash, sample_rate_hz, sample_count, "
        "floor_dbfs,"
        " size_bytes, energy_ratio, removed_db, score_change) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?)");
    query.bind(view.clip_id)
        .bind(static_cast<std::int32_t>(view.kind))
        .bind(static_cast<std::int32_t>(view.state));
    const bool separated = view.kind != ViewKind::original;
    separated ? query.bind(view.config_id) : query.bind_null();
    query.bind(view.separation.query).bind(view.hash).bind(view.sample_rate_hz).bind(view.sample_count);
    query.bind(levels.floor_dbfs()).bind(view.size_bytes);
    if (separated) {
      query.bind(view.separation.energy_ratio)
          .bind(view.separation.removed_db)
          .bind(view.separation.score_change);
    } else {
      query.bind_null().bind_null().bind_null();
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

void set_view_score_change(Catalogue& catalogue, std::int64_t view_id, double score_change, ViewState state) {
  catalogue.database()
      .query("UPDATE views SET score_change = ?, state = ? WHERE id = ? AND kind <> 0")
      .bind(score_change)
      .bind(static_cast<std::int32_t>(state))
      .bind(view_id)
      .run();
}

std::vector<Clip> pending_separation(Catalogue& catalogue, std::int64_t config_id,
                                     const std::vector<std::string>& queries, const Shard& shard,
                                     std::int64_t after_clip_id, std::int64_t limit) {
  Database& database = catalogue.database();
  auto query = database.query(concat(
      kSelectClip,
      "WHERE c.id > ?1 AND c.id % ?2 = ?3"
      " AND (SELECT count(*) FROM views o WHERE o.clip_id = c.id AND o.config_id = ?4 AND o.kind <> 0) < ?5"
      " AND NOT EXISTS (SELECT 1 FROM skips k WHERE k.clip_id = c.id AND k.config_id = ?4)"
      " ORDER BY c.id LIMIT ?6"));
  query.bind(after_clip_id).bind(shard.count).bind(shard.index).bind(config_id);
  query.bind(static_cast<std::int64_t>(queries.size())).bind(limit);
  std::vector<Clip> clips;
  while (query.step()) clips.push_back(read_clip(query));
  for (Clip& clip : clips) clip.truth = read_truth(database, clip.id);
  return clips;
}

std::vector<std::string> list_view_hashes(Catalogue& catalogue) {
  auto query = catalogue.database().query("SELECT DISTINCT hash FROM views ORDER BY hash");
  std::vector<std::string> hashes;
  while (query.step()) hashes.push_back(query.text(0));
  return hashes;
}

}  // namespace pupil::corpus
