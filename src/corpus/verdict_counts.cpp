// SPDX-License-Identifier: Apache-2.0
#include "corpus/verdict_counts.h"

#include "base/text.h"
#include "corpus/window_rows.h"

namespace pupil::corpus {

std::vector<VerdictCount> count_verdicts(Catalogue& catalogue, std::int64_t label_config_id) {
  auto query = catalogue.database().query(concat(
      "SELECT k.name, CASE WHEN q.id IS NOT NULL THEN 1 WHEN n.id IS NULL THEN x.verdict WHEN n.class_id = 0 THEN 2 ELSE 0 END, r.split,"
      " count(*), max(x.confidence) FROM labels x"
      " JOIN windows w ON w.id = x.window_id JOIN views v ON v.id = w.view_id JOIN clips c ON c.id = v.clip_id"
      " JOIN recordings r ON r.id = c.recording_id",
      kJoinDecision,
      " JOIN classes k ON k.id = coalesce(n.class_id, x.class_id)"
      " WHERE x.config_id = ? AND ",
      kNotHeld, " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"));
  query.bind(label_config_id);
  std::vector<VerdictCount> counts;
  while (query.step()) {
    counts.push_back({query.text(0), static_cast<Verdict>(query.integer(1)),
                      static_cast<Split>(query.integer(2)), query.integer(3), query.real(4)});
  }
  return counts;
}

std::int64_t count_training_recordings(Catalogue& catalogue) {
  auto query = catalogue.database().query("SELECT count(*) FROM recordings WHERE split = 0");
  return query.step() ? query.integer(0) : 0;
}

}  // namespace pupil::corpus
