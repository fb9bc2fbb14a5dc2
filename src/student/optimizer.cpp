#include "student/optimizer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pupil::student {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.99;
constexpr double kEpsilon = 1e-8;
constexpr double kLongestGradient = 5.0;

}  // namespace

double learning_rate(double peak, double warm_up, std::int64_t step, std::int64_t step_count) {
  const double rising = std::max(1.0, warm_up * static_cast<double>(step_count));
  const double at = static_cast<double>(step) + 1;
  if (at <= rising) return peak * at / rising;
  const double share = (at - rising) / std::max(1.0, static_cast<double>(step_count) - rising);
  return peak * 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(share, 1.0)));
}

AdamW::AdamW(const at::Tensor& parameters, at::Tensor decay_mask, double weight_decay)
    : first_(at::zeros_like(parameters.detach())),
      second_(at::zeros_like(parameters.detach())),
      decay_mask_(std::move(decay_mask)),
      weight_decay_(weight_decay) {}

void AdamW::step(at::Tensor& parameters, double rate, std::int64_t step) {
  const at::NoGradGuard no_gradient;
  at::Tensor gradient = parameters.grad();
  const double length = gradient.norm().item<double>();
  if (length > kLongestGradient) gradient.mul_(kLongestGradient / length);
  first_.lerp_(gradient, 1.0 - kBeta1);
  second_.mul_(kBeta2).addcmul_(gradient, gradient, 1.0 - kBeta2);
  const double correction1 = 1.0 - std::pow(kBeta1, static_cast<double>(step + 1));
  const double correction2 = 1.0 - std::pow(kBeta2, static_cast<double>(step + 1));
  if (decay_mask_.defined()) parameters.sub_(parameters * decay_mask_, rate * weight_decay_);
  const at::Tensor root = second_.sqrt().mul_(1.0 / std::sqrt(correction2)).add_(kEpsilon);
  parameters.addcdiv_(first_, root, -rate / correction1);
  gradient.zero_();
}

void follow(at::Tensor& average, const at::Tensor& values, double memory, std::int64_t step) {
  const at::NoGradGuard no_gradient;
  const double so_far = static_cast<double>(step);
  average.lerp_(values, 1.0 - std::min(memory, (1.0 + so_far) / (10.0 + so_far)));
}

}  // namespace pupil::student
