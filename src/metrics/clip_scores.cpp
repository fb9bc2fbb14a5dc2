// SPDX-License-Identifier: Apache-2.0
#include "metrics/clip_scores.h"

#include <map>

#include "metrics/checks.h"

namespace pupil::metrics {
namespace {

// Windows of one clip: sums over the active ones and over all.
struct Sums {
  explicit Sums(std::size_t class_count) : active(class_count, 0.0), all(class_count, 0.0) {}
  std::vector<double> active;
  std::vector<double> all;
  std::int32_t active_count = 0;
  std::int32_t all_count = 0;
};

void add(std::vector<double>& sums, std::span<const float> row) {
  for (std::size_t k = 0; k < row.size(); ++k) sums[k] += row[k];
}

}  // namespace

ClipScores mean_of_active_windows(std::span<const float> scores, std::int32_t class_count,
                                  std::span<const std::int64_t> clip_ids,
                                  std::span<const std::uint8_t> active) {
  const auto columns = static_cast<std::size_t>(class_count);
  require_same_length(row_count(scores, class_count), clip_ids.size(), "mean_of_active_windows");
  if (!active.empty()) require_same_length(active.size(), clip_ids.size(), "mean_of_active_windows");

  std::map<std::int64_t, Sums> clips;
  for (std::size_t n = 0; n < clip_ids.size(); ++n) {
    Sums& sums = clips.try_emplace(clip_ids[n], columns).first->second;
    const std::span<const float> row = scores.subspan(n * columns, columns);
    add(sums.all, row);
    ++sums.all_count;
    if (!active.empty() && active[n] == 0) continue;
    add(sums.active, row);
    ++sums.active_count;
  }

  ClipScores result;
  for (const auto& [clip_id, sums] : clips) {
    const bool any_active = sums.active_count > 0;
    const std::int32_t count = any_active ? sums.active_count : sums.all_count;
    result.clip_ids.push_back(clip_id);
    result.window_counts.push_back(count);
    for (const double sum : any_active ? sums.active : sums.all) {
      result.scores.push_back(static_cast<float>(sum / count));
    }
  }
  return result;
}

}  // namespace pupil::metrics
