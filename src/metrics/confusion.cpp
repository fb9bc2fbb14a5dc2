// SPDX-License-Identifier: Apache-2.0
#include "metrics/confusion.h"

#include "metrics/checks.h"
#include "metrics/ranking.h"
#include "metrics/undefined.h"

namespace pupil::metrics {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return kUndefined;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::span<const std::int32_t> truth, std::span<const std::int32_t> decided,
                                 std::int32_t class_count)
    : class_count_(class_count) {
  require(class_count > 0, "confusion: the number of classes must be positive");
  require_same_length(truth.size(), decided.size(), "confusion");
  const std::size_t side = static_cast<std::size_t>(class_count) + 1;
  counts_.assign(side * side, 0);
  for (std::size_t n = 0; n < truth.size(); ++n) ++counts_[place(truth[n]) * side + place(decided[n])];
}

std::size_t ConfusionMatrix::place(std::int32_t class_index) const {
  require(class_index >= kNone && class_index < class_count_, "confusion: class out of range");
  return static_cast<std::size_t>(class_index == kNone ? class_count_ : class_index);
}

std::int64_t ConfusionMatrix::count(std::int32_t truth, std::int32_t decided) const {
  return counts_[place(truth) * (static_cast<std::size_t>(class_count_) + 1) + place(decided)];
}

ClassFigures ConfusionMatrix::figures(std::int32_t class_index) const {
  ClassFigures figures;
  figures.right_count = count(class_index, class_index);
  for (std::int32_t other = kNone; other < class_count_; ++other) {
    figures.truth_count += count(class_index, other);
    figures.decided_count += count(other, class_index);
  }
  figures.precision = share(figures.right_count, figures.decided_count);
  figures.recall = share(figures.right_count, figures.truth_count);
  figures.f1 = share(2 * figures.right_count, figures.truth_count + figures.decided_count);
  return figures;
}

double ConfusionMatrix::accuracy() const {
  std::int64_t right = 0;
  std::int64_t all = 0;
  for (std::int32_t k = kNone; k < class_count_; ++k) right += count(k, k);
  for (const std::int64_t items : counts_) all += items;
  return share(right, all);
}

double ConfusionMatrix::balanced_accuracy() const {
  std::vector<double> recalls;
  for (std::int32_t k = kNone; k < class_count_; ++k) recalls.push_back(figures(k).recall);
  return mean_of_defined(recalls);
}

double ConfusionMatrix::macro_f1() const {
  std::vector<double> values;
  for (std::int32_t k = 0; k < class_count_; ++k) values.push_back(figures(k).f1);
  if (const ClassFigures none = figures(kNone); none.truth_count > 0) values.push_back(none.f1);
  return mean_of_defined(values);
}

}  // namespace pupil::metrics
