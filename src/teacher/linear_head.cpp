// SPDX-License-Identifier: Apache-2.0
// Nesterov's accelerated gradient descent: the loss is smooth (its curvature is at most 1, for a row with its bias has
// length sqrt(2) and softmax's curvature is at most 1/2) and strongly convex by the penalty, so step and momentum follow
// from these two and nothing has to be searched. Sums over items run in their order within one thread, a class being one
// thread's.

#include "teacher/linear_head.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "teacher/neighbours.h"

namespace pupil::teacher {
namespace {

constexpr double kLossCurvature = 1;
// Of what neither the names nor the head think possible.
constexpr float kLeast = 1e-9F;

void softmax(std::span<float> values) {
  const float largest = *std::max_element(values.begin(), values.end());
  float sum = 0;
  for (float& value : values) sum += value = std::exp(value - largest);
  for (float& value : values) value /= sum;
}

void write_logits(std::span<const float> weights, std::span<const float> row, std::span<float> result) {
  const std::size_t stride = row.size() + 1;
  for (std::size_t k = 0; k < result.size(); ++k)
    result[k] = dot(row.data(), &weights[k * stride], std::ssize(row)) + weights[k * stride + row.size()];
}

class Fit {
 public:
  Fit(std::span<const float> rows, std::span<const float> targets, std::span<const float> weights,
      std::int64_t class_count, const HeadFitOptions& options)
      : rows_(rows),
        targets_(targets),
        weights_(weights),
        items_(weights.size()),
        classes_(static_cast<std::size_t>(class_count)),
        dimension_(rows.size() / items_),
        total_(std::accumulate(weights.begin(), weights.end(), 0.0)),
        options_(options),
        errors_(items_ * classes_),
        gradient_(classes_ * (dimension_ + 1)) {}

  std::vector<float> run() {
    const double curvature = kLossCurvature + options_.penalty;
    const double root = std::sqrt(options_.penalty / curvature);
    const auto momentum = static_cast<float>((1 - root) / (1 + root));
    std::vector<float> now(gradient_.size()), ahead(gradient_.size());
    for (int step = 0; step < options_.steps; ++step) {
      measure_gradient(ahead);
      for (std::size_t i = 0; i < now.size(); ++i) {
        const float next = ahead[i] - gradient_[i] / static_cast<float>(curvature);
        ahead[i] = next + momentum * (next - now[i]);
        now[i] = next;
      }
    }
    return now;
  }

 private:
  void measure_gradient(std::span<const float> weights) {
    const auto items = static_cast<std::int64_t>(items_);
    at::parallel_for(0, items, 64, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) measure_errors(weights, static_cast<std::size_t>(i));
    });
    at::parallel_for(0, static_cast<std::int64_t>(classes_), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t k = begin; k < end; ++k) add_items(weights, static_cast<std::size_t>(k));
    });
  }

  std::span<const float> row(std::size_t item) const { return rows_.subspan(item * dimension_, dimension_); }

  void measure_errors(std::span<const float> weights, std::size_t item) {
    const std::span<float> errors = std::span(errors_).subspan(item * classes_, classes_);
    if (weights_[item] == 0) return std::fill(errors.begin(), errors.end(), 0.0F);
    write_logits(weights, row(item), errors);
    softmax(errors);
    const auto factor = static_cast<float>(weights_[item] / total_);
    for (std::size_t k = 0; k < classes_; ++k)
      errors[k] = (errors[k] - targets_[item * classes_ + k]) * factor;
  }

  void add_items(std::span<const float> weights, std::size_t k) {
    const std::size_t stride = dimension_ + 1;
    const std::span<float> sum = std::span(gradient_).subspan(k * stride, stride);
    for (std::size_t d = 0; d < stride; ++d)
      sum[d] = static_cast<float>(options_.penalty) * weights[k * stride + d];
    for (std::size_t item = 0; item < items_; ++item) {
      const float error = errors_[item * classes_ + k];
      const float* values = &rows_[item * dimension_];
      for (std::size_t d = 0; d < dimension_; ++d) sum[d] += error * values[d];
      sum[dimension_] += error;
    }
  }

  std::span<const float> rows_, targets_, weights_;
  std::size_t items_, classes_, dimension_;
  double total_;
  const HeadFitOptions& options_;
  std::vector<float> errors_;    // [N, K]
  std::vector<float> gradient_;  // [K, D + 1]
};

}  // namespace

void LinearHead::posterior(std::span<const float> unit_row, std::span<float> result) const {
  write_logits(weights, unit_row, result);
  softmax(result);
}

LinearHead fit_head(std::span<const float> unit_rows, std::span<const float> targets,
                    std::span<const float> weights, std::int64_t class_count, const HeadFitOptions& options) {
  const std::size_t items = weights.size();
  if (items == 0 || class_count < 2 || unit_rows.empty() || unit_rows.size() % items != 0 ||
      targets.size() != items * static_cast<std::size_t>(class_count))
    throw Error(concat("linear head: ", unit_rows.size(), " numbers and ", targets.size(),
                       " soft targets are not of ", items, " items and ", class_count, " classes"));
  if (!(std::accumulate(weights.begin(), weights.end(), 0.0) > 0))
    throw Error("linear head: no item has a weight");
  return {Fit(unit_rows, targets, weights, class_count, options).run()};
}

void mix_posteriors(std::span<const float> named, std::span<const float> head, std::span<const float> shares,
                    std::span<float> result) {
  for (std::size_t k = 0; k < result.size(); ++k)
    result[k] = (1 - shares[k]) * std::log(std::max(named[k], kLeast)) +
                shares[k] * std::log(std::max(head[k], kLeast));
  softmax(result);
}

}  // namespace pupil::teacher
