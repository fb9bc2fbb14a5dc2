// SPDX-License-Identifier: Apache-2.0
#include "metrics/thresholds.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "metrics/checks.h"
#include "metrics/undefined.h"

namespace pupil::metrics {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<std::size_t> by_falling_score(std::span<const float> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  return order;
}

// Lets items pass, highest score first, all of one score together, and keeps the last step that was good.
struct Sweep {
  double passed = 0;
  double hits = 0;
  OperatingPoint best{kInfinity, kUndefined, 0, kUndefined};

  void keep(float passing, float next, double relevant_count, double per_hour) {
    float middle = passing / 2 + next / 2;
    if (next == -kInfinity) middle = std::numeric_limits<float>::lowest();
    if (!(middle > next && middle <= passing)) middle = passing;  // neighbours among the floats
    best = {middle, hits / passed, relevant_count == 0 ? kUndefined : hits / relevant_count, per_hour};
  }
};

double count_relevant(std::span<const std::uint8_t> relevant) {
  return static_cast<double>(std::count_if(relevant.begin(), relevant.end(), [](auto r) { return r != 0; }));
}

// The class's column of a [N, class_count] matrix, and where the truth is that class.
struct Column {
  Column(std::span<const float> scores, std::int32_t class_count, std::span<const std::int32_t> truth,
         std::int32_t class_index) {
    for (std::size_t n = 0; n < truth.size(); ++n) {
      values.push_back(
          scores[n * static_cast<std::size_t>(class_count) + static_cast<std::size_t>(class_index)]);
      relevant.push_back(truth[n] == class_index ? 1 : 0);
    }
  }
  std::vector<float> values;
  std::vector<std::uint8_t> relevant;
};

}  // namespace

OperatingPoint threshold_for_precision(std::span<const float> scores, std::span<const std::uint8_t> relevant,
                                       double target_precision) {
  require_same_length(scores.size(), relevant.size(), "threshold_for_precision");
  require_no_nan(scores, "threshold_for_precision: a score is NaN");
  require(target_precision >= 0 && target_precision <= 1,
          "threshold_for_precision: the target must lie within 0 to 1");
  const double relevant_count = count_relevant(relevant);
  const std::vector<std::size_t> order = by_falling_score(scores);
  Sweep sweep;
  if (relevant_count == 0) sweep.best.recall = kUndefined;
  for (std::size_t i = 0; i < order.size(); ++i) {
    sweep.passed += 1;
    sweep.hits += relevant[order[i]] != 0 ? 1 : 0;
    const float passing = scores[order[i]];
    const float next = i + 1 < order.size() ? scores[order[i + 1]] : -kInfinity;
    if (next == passing) continue;
    if (sweep.hits > 0 && sweep.hits >= target_precision * sweep.passed) {
      sweep.keep(passing, next, relevant_count, kUndefined);
    }
  }
  return sweep.best;
}

OperatingPoint threshold_for_false_alarms(std::span<const float> scores,
                                          std::span<const std::uint8_t> relevant,
                                          std::span<const std::int64_t> stream_ids, double duration_s,
                                          double target_per_hour) {
  require_same_length(scores.size(), relevant.size(), "threshold_for_false_alarms");
  require_same_length(scores.size(), stream_ids.size(), "threshold_for_false_alarms");
  require_no_nan(scores, "threshold_for_false_alarms: a score is NaN");
  require(duration_s > 0, "threshold_for_false_alarms: the duration must be positive");
  require(target_per_hour >= 0, "threshold_for_false_alarms: the target must not be negative");
  const double hours = duration_s / 3600;
  const double relevant_count = count_relevant(relevant);
  const std::vector<std::size_t> order = by_falling_score(scores);
  std::vector<bool> alarmed(scores.size(), false);
  const auto joins = [&](std::size_t n, std::size_t neighbour) {
    return alarmed[neighbour] && stream_ids[n] == stream_ids[neighbour];
  };
  Sweep sweep;
  sweep.best.recall = relevant_count == 0 ? kUndefined : 0;
  sweep.best.false_alarms_per_hour = 0;
  double runs = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t n = order[i];
    sweep.passed += 1;
    if (relevant[n] != 0) {
      sweep.hits += 1;
    } else {
      // A window that alarms begins a run, or lengthens one, or makes one of two.
      runs += 1;
      if (n > 0 && joins(n, n - 1)) runs -= 1;
      if (n + 1 < scores.size() && joins(n, n + 1)) runs -= 1;
      alarmed[n] = true;
    }
    const float next = i + 1 < order.size() ? scores[order[i + 1]] : -kInfinity;
    if (next == scores[n]) continue;
    if (runs / hours > target_per_hour) break;
    sweep.keep(scores[n], next, relevant_count, runs / hours);
  }
  return sweep.best;
}

std::vector<OperatingPoint> thresholds_for_precision(std::span<const float> scores, std::int32_t class_count,
                                                     std::span<const std::int32_t> truth,
                                                     double target_precision) {
  require_same_length(row_count(scores, class_count), truth.size(), "thresholds_for_precision");
  std::vector<OperatingPoint> points;
  for (std::int32_t k = 0; k < class_count; ++k) {
    const Column column(scores, class_count, truth, k);
    points.push_back(threshold_for_precision(column.values, column.relevant, target_precision));
  }
  return points;
}

std::vector<OperatingPoint> thresholds_for_false_alarms(std::span<const float> scores,
                                                        std::int32_t class_count,
                                                        std::span<const std::int32_t> truth,
                                                        std::span<const std::int64_t> stream_ids,
                                                        double duration_s, double target_per_hour) {
  require_same_length(row_count(scores, class_count), truth.size(), "thresholds_for_false_alarms");
  std::vector<OperatingPoint> points;
  for (std::int32_t k = 0; k < class_count; ++k) {
    const Column column(scores, class_count, truth, k);
    points.push_back(
        threshold_for_false_alarms(column.values, column.relevant, stream_ids, duration_s, target_per_hour));
  }
  return points;
}

}  // namespace pupil::metrics
