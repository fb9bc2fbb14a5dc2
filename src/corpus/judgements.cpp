// SPDX-License-Identifier: Apache-2.0
#include "corpus/judgements.h"

#include "base/text.h"
#include "corpus/rows.h"

namespace pupil::corpus {
namespace {

constexpr std::string_view kUnjudged =
    "v.kind <> 0 AND v.state = 0 AND v.config_id = ?1"
    " AND NOT EXISTS (SELECT 1 FROM judgements j WHERE j.view_id = v.id AND j.config_id = ?2)";

}  // namespace

void put_judgement(Catalogue& catalogue, std::int64_t judge_config_id, std::int64_t view_id,
                   const Judgement& judgement) {
  // SQLite stores NaN as NULL.
  catalogue.database()
      .query(
          "INSERT INTO judgements(config_id, view_id, score_change, destroyed) VALUES (?, ?, ?, ?)"
          " ON CONFLICT DO UPDATE SET score_change = excluded.score_change, destroyed = excluded.destroyed")
      .bind(judge_config_id)
      .bind(view_id)
      .bind(judgement.score_change)
      .bind(std::int32_t{judgement.destroyed})
      .run();
}

std::vector<View> pending_judgements(Catalogue& catalogue, std::int64_t separate_config_id,
                                     std::int64_t judge_config_id, std::int64_t after_view_id,
                                     std::int64_t limit) {
  auto query = catalogue.database().query(
      select_view(concat("WHERE ", kUnjudged, " AND v.id > ?3 ORDER BY v.id LIMIT ?4")));
  query.bind(separate_config_id).bind(judge_config_id).bind(after_view_id);
  query.bind(limit);
  std::vector<View> views;
  while (query.step()) views.push_back(read_view(query));
  return views;
}

std::int64_t count_pending_judgements(Catalogue& catalogue, std::int64_t separate_config_id,
                                      std::int64_t judge_config_id) {
  auto query = catalogue.database().query(concat("SELECT count(*) FROM views v WHERE ", kUnjudged));
  query.bind(separate_config_id).bind(judge_config_id).step();
  return query.integer(0);
}

ViewState judged_state(Catalogue& catalogue, const View& view, std::int64_t judge_config_id) {
  if (view.state != ViewState::good) return view.state;
  auto query =
      catalogue.database().query("SELECT destroyed FROM judgements WHERE config_id = ? AND view_id = ?");
  const bool destroyed = query.bind(judge_config_id).bind(view.id).step() && query.integer(0) != 0;
  return destroyed ? ViewState::destroyed : ViewState::good;
}

}  // namespace pupil::corpus
