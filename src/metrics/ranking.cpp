// SPDX-License-Identifier: Apache-2.0
#include "metrics/ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "metrics/checks.h"
#include "metrics/decisions.h"
#include "metrics/undefined.h"

namespace pupil::metrics {
namespace {

// Calls visit(relevant items, other items) for every distinct score, highest first.
template <class Visit>
void for_each_step(std::span<const float> scores, std::span<const std::uint8_t> relevant, Visit visit) {
  require_same_length(scores.size(), relevant.size(), "ranking");
  require_no_nan(scores, "ranking: a score is NaN");
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  for (std::size_t i = 0; i < order.size();) {
    const float score = scores[order[i]];
    double hits = 0;
    double others = 0;
    for (; i < order.size() && scores[order[i]] == score; ++i) (relevant[order[i]] != 0 ? hits : others) += 1;
    visit(hits, others);
  }
}

using OneClassMetric = double (*)(std::span<const float>, std::span<const std::uint8_t>);

std::vector<double> per_class(std::span<const float> scores, std::span<const std::uint8_t> relevant,
                              std::int32_t class_count, OneClassMetric metric) {
  const std::size_t rows = row_count(scores, class_count);
  require_same_length(scores.size(), relevant.size(), "ranking");
  const auto columns = static_cast<std::size_t>(class_count);
  std::vector<float> column(rows);
  std::vector<std::uint8_t> column_relevant(rows);
  std::vector<double> values(columns);
  for (std::size_t k = 0; k < columns; ++k) {
    for (std::size_t n = 0; n < rows; ++n) {
      column[n] = scores[n * columns + k];
      column_relevant[n] = relevant[n * columns + k];
    }
    values[k] = metric(column, column_relevant);
  }
  return values;
}

}  // namespace

double average_precision(std::span<const float> scores, std::span<const std::uint8_t> relevant) {
  double hits_so_far = 0;
  double items_so_far = 0;
  double sum = 0;
  for_each_step(scores, relevant, [&](double hits, double others) {
    hits_so_far += hits;
    items_so_far += hits + others;
    sum += hits * (hits_so_far / items_so_far);
  });
  return hits_so_far == 0 ? kUndefined : sum / hits_so_far;
}

double roc_auc(std::span<const float> scores, std::span<const std::uint8_t> relevant) {
  double hits_so_far = 0;
  double others_so_far = 0;
  double pairs_in_order = 0;
  for_each_step(scores, relevant, [&](double hits, double others) {
    pairs_in_order += others * (hits_so_far + 0.5 * hits);
    hits_so_far += hits;
    others_so_far += others;
  });
  return hits_so_far == 0 || others_so_far == 0 ? kUndefined : pairs_in_order / (hits_so_far * others_so_far);
}

std::vector<std::uint8_t> one_of_k(std::span<const std::int32_t> truth, std::int32_t class_count) {
  require(class_count > 0, "one_of_k: the number of classes must be positive");
  const auto columns = static_cast<std::size_t>(class_count);
  std::vector<std::uint8_t> relevant(truth.size() * columns, 0);
  for (std::size_t n = 0; n < truth.size(); ++n) {
    require(truth[n] >= kNone && truth[n] < class_count, "one_of_k: class out of range");
    if (truth[n] != kNone) relevant[n * columns + static_cast<std::size_t>(truth[n])] = 1;
  }
  return relevant;
}

std::vector<double> per_class_average_precision(std::span<const float> scores,
                                                std::span<const std::uint8_t> relevant,
                                                std::int32_t class_count) {
  return per_class(scores, relevant, class_count, average_precision);
}

std::vector<double> per_class_roc_auc(std::span<const float> scores, std::span<const std::uint8_t> relevant,
                                      std::int32_t class_count) {
  return per_class(scores, relevant, class_count, roc_auc);
}

double mean_of_defined(std::span<const double> values) {
  double sum = 0;
  double count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    count += 1;
  }
  return count == 0 ? kUndefined : sum / count;
}

}  // namespace pupil::metrics
