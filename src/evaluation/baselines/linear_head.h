// SPDX-License-Identifier: Apache-2.0
// Transfer learning: a linear head (multinomial logistic regression) on the teacher's embedding.

#pragma once

#include <cstdint>
#include <memory>

#include "evaluation/baselines/classifier.h"
#include "evaluation/baselines/window_table.h"

namespace pupil::evaluation {

struct LinearHeadOptions {
  /// Factor of half the squared weights (not the biases) beside the mean cross-entropy, on standardised
  /// features. Larger is smoother.
  double decay = 1e-2;
  std::int32_t max_step_count = 300;
};

/// Minimises the weighted mean cross-entropy from zero by L-BFGS, to a relative gain of 1e-6 over a step:
/// convex, so there is one answer; single-threaded with a fixed order of sums, so it is the same every time.
/// Scores are probabilities. Its size is that of the head alone: the teacher comes on top.
/// Error: check_for_training(), weights that are all 0.
std::unique_ptr<Classifier> train_linear_head(const WindowTable& table, const LinearHeadOptions& options);

}  // namespace pupil::evaluation
