// SPDX-License-Identifier: Apache-2.0
#include "metrics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "metrics/checks.h"
#include "metrics/counter_random.h"
#include "metrics/decisions.h"
#include "metrics/undefined.h"

namespace pupil::metrics {
namespace {

std::vector<std::vector<std::size_t>> items_of_groups(std::span<const std::int64_t> groups) {
  std::map<std::int64_t, std::vector<std::size_t>> by_group;
  for (std::size_t n = 0; n < groups.size(); ++n) by_group[groups[n]].push_back(n);
  std::vector<std::vector<std::size_t>> items;
  for (auto& [group, members] : by_group) items.push_back(std::move(members));
  return items;
}

// Quantile of sorted values, linear between neighbours (R's type 7).
double quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<std::int32_t> chosen(std::span<const std::int32_t> values, std::span<const std::size_t> items) {
  std::vector<std::int32_t> picked(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) picked[i] = values[items[i]];
  return picked;
}

}  // namespace

Interval bootstrap(std::span<const std::int64_t> groups, const Statistic& statistic,
                   const BootstrapOptions& options) {
  require(options.resample_count > 0, "bootstrap: the number of resamples must be positive");
  require(options.confidence > 0 && options.confidence < 1,
          "bootstrap: the confidence must lie between 0 and 1");
  const std::vector<std::vector<std::size_t>> members = items_of_groups(groups);
  const auto group_count = static_cast<std::uint32_t>(members.size());

  std::vector<std::size_t> items(groups.size());
  std::iota(items.begin(), items.end(), std::size_t{0});
  Interval interval{statistic(items), kUndefined, kUndefined};
  if (group_count < 2) return interval;

  std::vector<double> figures;
  std::uint64_t counter = 0;
  for (std::int32_t resample = 0; resample < options.resample_count; ++resample) {
    items.clear();
    for (std::uint32_t draw = 0; draw < group_count; ++draw) {
      const std::vector<std::size_t>& drawn = members[counter_index(options.seed, counter++, group_count)];
      items.insert(items.end(), drawn.begin(), drawn.end());
    }
    if (const double figure = statistic(items); !std::isnan(figure)) figures.push_back(figure);
  }
  if (figures.empty()) return interval;
  std::sort(figures.begin(), figures.end());
  const double tail = (1 - options.confidence) / 2;
  interval.low = quantile(figures, tail);
  interval.high = quantile(figures, 1 - tail);
  return interval;
}

Interval bootstrap_accuracy(std::span<const std::int32_t> truth, std::span<const std::int32_t> decided,
                            std::span<const std::int64_t> groups, const BootstrapOptions& options) {
  require_same_length(truth.size(), decided.size(), "bootstrap_accuracy");
  require_same_length(truth.size(), groups.size(), "bootstrap_accuracy");
  return bootstrap(
      groups,
      [&](std::span<const std::size_t> items) {
        return accuracy(chosen(truth, items), chosen(decided, items));
      },
      options);
}

Interval bootstrap_retained_accuracy(std::span<const std::int32_t> truth,
                                     std::span<const std::int32_t> student,
                                     std::span<const std::int32_t> teacher,
                                     std::span<const std::int64_t> groups, const BootstrapOptions& options) {
  require_same_length(truth.size(), student.size(), "bootstrap_retained_accuracy");
  require_same_length(truth.size(), teacher.size(), "bootstrap_retained_accuracy");
  require_same_length(truth.size(), groups.size(), "bootstrap_retained_accuracy");
  return bootstrap(
      groups,
      [&](std::span<const std::size_t> items) {
        return retained_accuracy(chosen(truth, items), chosen(student, items), chosen(teacher, items));
      },
      options);
}

}  // namespace pupil::metrics
