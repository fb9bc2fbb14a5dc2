// SPDX-License-Identifier: Apache-2.0
// Minimises a smooth function of many variables: L-BFGS (Liu and Nocedal, 1989) with a backtracking search.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace pupil::evaluation {

struct LbfgsOptions {
  std::int32_t max_step_count = 300;
  std::int32_t memory_count = 10;    ///< past steps that curvature is read from
  double relative_tolerance = 1e-6;  ///< stops when a step lowers the value by less than this share
};

/// Returns the value at `point` and writes its gradient [P].
using Objective = std::function<double(std::span<const double> point, std::span<double> gradient)>;

/// Moves `point` [P] to a minimum and returns the value there. Every step lowers the value, so that the
/// result is never worse than the start. Deterministic.
double minimise(const Objective& objective, std::vector<double>& point, const LbfgsOptions& options = {});

}  // namespace pupil::evaluation
