// SPDX-License-Identifier: Apache-2.0
#include "metrics/decisions.h"

#include <algorithm>
#include <cmath>

#include "metrics/checks.h"
#include "metrics/undefined.h"

namespace pupil::metrics {
namespace {

// `thresholds` empty: every class may win.
std::int32_t decide_row(std::span<const float> row, std::span<const float> thresholds) {
  std::int32_t best = kNone;
  for (std::size_t k = 0; k < row.size(); ++k) {
    if (std::isnan(row[k])) return kNone;
    if (!thresholds.empty() && !(row[k] >= thresholds[k])) continue;
    if (best == kNone || row[k] > row[static_cast<std::size_t>(best)]) best = static_cast<std::int32_t>(k);
  }
  return best;
}

std::vector<std::int32_t> decide_rows(std::span<const float> scores, std::int32_t class_count,
                                      std::span<const float> thresholds) {
  std::vector<std::int32_t> decided(row_count(scores, class_count));
  const auto columns = static_cast<std::size_t>(class_count);
  for (std::size_t n = 0; n < decided.size(); ++n) {
    decided[n] = decide_row(scores.subspan(n * columns, columns), thresholds);
  }
  return decided;
}

double share_equal(std::span<const std::int32_t> left, std::span<const std::int32_t> right) {
  if (left.empty()) return kUndefined;
  std::size_t equal = 0;
  for (std::size_t n = 0; n < left.size(); ++n) equal += left[n] == right[n] ? 1 : 0;
  return static_cast<double>(equal) / static_cast<double>(left.size());
}

}  // namespace

std::vector<std::int32_t> decide(std::span<const float> scores, std::int32_t class_count) {
  return decide_rows(scores, class_count, {});
}

std::vector<std::int32_t> decide_above(std::span<const float> scores, std::span<const float> thresholds) {
  require_no_nan(thresholds, "decide_above: a threshold is NaN");
  return decide_rows(scores, static_cast<std::int32_t>(thresholds.size()), thresholds);
}

double accuracy(std::span<const std::int32_t> truth, std::span<const std::int32_t> decided) {
  require_same_length(truth.size(), decided.size(), "accuracy");
  return share_equal(truth, decided);
}

double agreement(std::span<const std::int32_t> student, std::span<const std::int32_t> teacher) {
  require_same_length(student.size(), teacher.size(), "agreement");
  return share_equal(student, teacher);
}

double retained_accuracy(std::span<const std::int32_t> truth, std::span<const std::int32_t> student,
                         std::span<const std::int32_t> teacher) {
  const double of_teacher = accuracy(truth, teacher);
  const double of_student = accuracy(truth, student);
  return of_teacher > 0 ? of_student / of_teacher : kUndefined;
}

std::vector<CoveragePoint> accuracy_at_thresholds(std::span<const float> scores, std::int32_t class_count,
                                                  std::span<const std::int32_t> truth,
                                                  std::span<const float> thresholds) {
  require_same_length(row_count(scores, class_count), truth.size(), "accuracy_at_thresholds");
  const std::vector<std::int32_t> decided = decide(scores, class_count);
  std::vector<CoveragePoint> points;
  for (const float threshold : thresholds) {
    require(!std::isnan(threshold), "accuracy_at_thresholds: a threshold is NaN");
    std::size_t covered = 0;
    std::size_t right = 0;
    for (std::size_t n = 0; n < truth.size(); ++n) {
      if (decided[n] == kNone) continue;
      const std::size_t best =
          n * static_cast<std::size_t>(class_count) + static_cast<std::size_t>(decided[n]);
      if (scores[best] < threshold) continue;
      ++covered;
      right += decided[n] == truth[n] ? 1 : 0;
    }
    const auto share = [](std::size_t part, std::size_t whole) {
      return whole == 0 ? kUndefined : static_cast<double>(part) / static_cast<double>(whole);
    };
    points.push_back({threshold, share(covered, truth.size()), share(right, covered)});
  }
  return points;
}

}  // namespace pupil::metrics
