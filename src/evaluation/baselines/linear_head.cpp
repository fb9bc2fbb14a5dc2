// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/linear_head.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "evaluation/baselines/lbfgs.h"

namespace pupil::evaluation {
namespace {

// Rows whose gradients are summed in float before they enter the sum in double.
constexpr std::size_t kBlockRows = 64;

// logits [K] = bias [K] + row [D] x weights [D, K].
void multiply(std::span<const float> row, std::span<const float> weights, std::span<const float> bias,
              std::span<float> logits) {
  std::copy(bias.begin(), bias.end(), logits.begin());
  const std::size_t classes = logits.size();
  for (std::size_t d = 0; d < row.size(); ++d) {
    for (std::size_t k = 0; k < classes; ++k) logits[k] += row[d] * weights[d * classes + k];
  }
}

// In place; returns the logarithm of the sum of the exponentials.
double to_probabilities(std::span<float> logits) {
  const float top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float& logit : logits) {
    logit = std::exp(logit - top);
    sum += logit;
  }
  for (float& p : logits) p = static_cast<float>(p / sum);
  return top + std::log(sum);
}

// Mean cross-entropy and decay over a table of standardised rows. A point is [D, K] weights, then [K] biases.
class HeadLoss {
 public:
  HeadLoss(const WindowTable& table, const Standardiser& standardiser, double decay)
      : table_(table), decay_(decay), rows_(table.features.size()) {
    const auto width = static_cast<std::size_t>(table.feature_count);
    for (std::size_t n = 0; n < table.window_count(); ++n) {
      standardiser.apply(table.row(n), std::span(rows_).subspan(n * width, width));
      weight_sum_ += table.weight(n);
    }
    if (!(weight_sum_ > 0))
      throw Error("linear head: there is nothing to learn from (no windows, or no weight)");
  }

  double operator()(std::span<const double> point, std::span<double> gradient) const {
    const std::vector<float> parameters(point.begin(), point.end());
    const std::size_t weight_count = point.size() - static_cast<std::size_t>(table_.class_count);
    std::fill(gradient.begin(), gradient.end(), 0.0);
    double loss = 0;
    for (std::size_t begin = 0; begin < table_.window_count(); begin += kBlockRows) {
      const std::size_t end = std::min(begin + kBlockRows, table_.window_count());
      loss += add_block(begin, end, parameters, weight_count, gradient);
    }
    double squares = 0;
    for (std::size_t i = 0; i < weight_count; ++i) {
      squares += point[i] * point[i];
      gradient[i] += decay_ * point[i];
    }
    return loss + decay_ / 2 * squares;
  }

 private:
  double add_block(std::size_t begin, std::size_t end, std::span<const float> parameters,
                   std::size_t weight_count, std::span<double> gradient) const {
    const auto width = static_cast<std::size_t>(table_.feature_count);
    const auto classes = static_cast<std::size_t>(table_.class_count);
    std::vector<float> sums(parameters.size(), 0.0F);
    std::vector<float> errors(classes);
    double loss = 0;
    for (std::size_t n = begin; n < end; ++n) {
      const auto share = static_cast<float>(table_.weight(n) / weight_sum_);
      if (share == 0) continue;
      const std::span<const float> row = std::span(rows_).subspan(n * width, width);
      multiply(row, parameters.first(weight_count), parameters.subspan(weight_count), errors);
      const auto label = static_cast<std::size_t>(table_.labels[n]);
      const double logit = errors[label];
      loss += share * (to_probabilities(errors) - logit);
      errors[label] -= 1;
      for (float& error : errors) error *= share;
      for (std::size_t d = 0; d < width; ++d) {
        for (std::size_t k = 0; k < classes; ++k) sums[d * classes + k] += row[d] * errors[k];
      }
      for (std::size_t k = 0; k < classes; ++k) sums[weight_count + k] += errors[k];
    }
    for (std::size_t i = 0; i < sums.size(); ++i) gradient[i] += sums[i];
    return loss;
  }

  const WindowTable& table_;
  double decay_;
  std::vector<float> rows_;  // [N, D]
  double weight_sum_ = 0;
};

class LinearHead final : public Classifier {
 public:
  LinearHead(const WindowTable& table, const LinearHeadOptions& options)
      : standardiser_(table),
        weight_count_(static_cast<std::size_t>(table.feature_count) *
                      static_cast<std::size_t>(table.class_count)) {
    const HeadLoss loss(table, standardiser_, options.decay);
    std::vector<double> point(weight_count_ + static_cast<std::size_t>(table.class_count), 0.0);
    minimise([&](auto at, auto gradient) { return loss(at, gradient); }, point,
             {.max_step_count = options.max_step_count});
    parameters_.assign(point.begin(), point.end());
  }

  void score(std::span<const float> features, std::span<float> scores) const override {
    std::vector<float> row(features.size());
    standardiser_.apply(features, row);
    const std::span<const float> parameters(parameters_);
    multiply(row, parameters.first(weight_count_), parameters.subspan(weight_count_), scores);
    to_probabilities(scores);
  }

  // Means and scales can be folded into weights and biases, so they cost nothing.
  std::int64_t file_bytes() const override { return packed_bytes(); }
  std::int64_t packed_bytes() const override { return 4 * static_cast<std::int64_t>(parameters_.size()); }

 private:
  Standardiser standardiser_;
  std::size_t weight_count_;
  std::vector<float> parameters_;
};

}  // namespace

std::unique_ptr<Classifier> train_linear_head(const WindowTable& table, const LinearHeadOptions& options) {
  table.check_for_training();
  return std::make_unique<LinearHead>(table, options);
}

}  // namespace pupil::evaluation
