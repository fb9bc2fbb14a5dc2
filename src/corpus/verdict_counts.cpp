// SPDX-License-Identifier: Apache-2.0
#include "corpus/verdict_counts.h"

#include "corpus/database.h"

namespace pupil::corpus {

std::vector<VerdictCount> count_verdicts(Catalogue& catalogue, std::int64_t label_config_id) {
  auto query = catalogue.database().query(
      "SELECT k.name, CASE WHEN n.id IS NULL THEN l.verdict WHEN n.class_id = 0 THEN 2 ELSE 0 END, r.split,"
      " count(*), max(l.confidence) FROM labels l"
      " JOIN windows w ON w.id = l.window_id JOIN views v ON v.id = w.view_id JOIN clips c ON c.id = v.clip_id"
      " JOIN recordings r ON r.id = c.recording_id"
      " LEFT JOIN reviews n ON n.clip_id = v.clip_id"
      " AND n.start_ms = CAST(round(1000.0 * w.start_sample / v.sample_rate_hz) AS INTEGER)"
      " AND n.length_ms = CAST(round(1000.0 * w.length_samples / v.sample_rate_hz) AS INTEGER)"
      " JOIN classes k ON k.id = coalesce(n.class_id, l.class_id)"
      " WHERE l.config_id = ? GROUP BY 1, 2, 3 ORDER BY 1, 2, 3");
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
