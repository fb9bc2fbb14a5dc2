// SPDX-License-Identifier: Apache-2.0
#include "evaluation/baselines/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace pupil::evaluation {
namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void add_scaled(std::span<double> target, double factor, std::span<const double> source) {
  for (std::size_t i = 0; i < target.size(); ++i) target[i] += factor * source[i];
}

struct PastStep {
  std::vector<double> move;    // of the point
  std::vector<double> change;  // of the gradient
  double curvature = 0;        // move . change, > 0
};

// The two-loop recursion: -(approximate inverse Hessian) gradient.
std::vector<double> direction(const std::deque<PastStep>& past, std::span<const double> gradient) {
  std::vector<double> result(gradient.begin(), gradient.end());
  std::vector<double> factors(past.size());
  for (std::size_t i = past.size(); i-- > 0;) {
    factors[i] = dot(past[i].move, result) / past[i].curvature;
    add_scaled(result, -factors[i], past[i].change);
  }
  if (!past.empty()) {
    const double scale = past.back().curvature / dot(past.back().change, past.back().change);
    for (double& value : result) value *= scale;
  }
  for (std::size_t i = 0; i < past.size(); ++i) {
    add_scaled(result, factors[i] - dot(past[i].change, result) / past[i].curvature, past[i].move);
  }
  for (double& value : result) value = -value;
  return result;
}

}  // namespace

double minimise(const Objective& objective, std::vector<double>& point, const LbfgsOptions& options) {
  std::vector<double> gradient(point.size());
  double value = objective(point, gradient);
  std::deque<PastStep> past;
  for (std::int32_t step = 0; step < options.max_step_count; ++step) {
    const double steepness = std::sqrt(dot(gradient, gradient));
    if (steepness == 0) break;
    const std::vector<double> way = direction(past, gradient);
    const double descent = dot(way, gradient);
    if (!(descent < 0)) break;

    // Without a past the length of the way means nothing: begin with a move of length 1.
    double length = past.empty() ? 1 / steepness : 1;
    std::vector<double> next;
    std::vector<double> next_gradient(point.size());
    double next_value = 0;
    bool lower = false;
    for (int trial = 0; trial < 30 && !lower; ++trial, length /= 2) {
      next = point;
      add_scaled(next, length, way);
      next_value = objective(next, next_gradient);
      lower = next_value <= value + 1e-4 * length * descent;
    }
    if (!lower) break;

    PastStep made;
    made.move = next;
    add_scaled(made.move, -1, point);
    made.change = next_gradient;
    add_scaled(made.change, -1, gradient);
    made.curvature = dot(made.move, made.change);
    if (made.curvature > 0) past.push_back(std::move(made));
    if (past.size() > static_cast<std::size_t>(options.memory_count)) past.pop_front();

    const double gain = value - next_value;
    point = std::move(next);
    gradient = std::move(next_gradient);
    value = next_value;
    if (gain <= options.relative_tolerance * std::abs(value)) break;
  }
  return value;
}

}  // namespace pupil::evaluation
