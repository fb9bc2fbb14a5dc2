// SPDX-License-Identifier: Apache-2.0
// A linear classifier on a teacher's embedding: regularised multinomial logistic regression. Fitted by verdict_head.h,
// applied by prototypes.h.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pupil::teacher {

struct LinearHead {
  std::vector<float> weights;  ///< [K, D + 1], the bias last; empty: there is no head

  /// Writes softmax(W x + b) to `result` [K], of a standardised row [D] of length 1.
  void posterior(std::span<const float> unit_row, std::span<float> result) const;
};

struct HeadFitOptions {
  /// Of the squared weights, against a mean loss per unit of weight. From 1e-4 to 1e-3 results hardly differ
  /// (docs/decisions/014-verdicts.md).
  double penalty = 1e-3;
  /// Steps of accelerated gradient descent from zero; the figures have converged by then.
  int steps = 100;
};

/// Minimises the weighted mean cross-entropy of `targets` [N, K] on `unit_rows` [N, D] (each of length 1) plus
/// penalty / 2 * |W|^2, `weights` [N] >= 0. It depends neither on the number of libtorch's threads nor on chance. Time:
/// 4 * steps * N * K * D operations. Error: sizes that disagree, no weight at all.
LinearHead fit_head(std::span<const float> unit_rows, std::span<const float> targets,
                    std::span<const float> weights, std::int64_t class_count,
                    const HeadFitOptions& options = {});

/// Writes p = named^(1 - share) * head^share, per class, scaled to sum 1, to `result` [K].
void mix_posteriors(std::span<const float> named, std::span<const float> head, std::span<const float> shares,
                    std::span<float> result);

}  // namespace pupil::teacher
