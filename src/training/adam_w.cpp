// SPDX-License-Identifier: Apache-2.0
#include "training/adam_w.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace pupil::training {
namespace {

// On the CPU all operations are done on one block before the next: its six arrays stay in the cache.
constexpr std::int64_t kBlock = 16384;

}  // namespace

AdamW::AdamW(const at::Tensor& parameters, at::Tensor decay_mask, const AdamWOptions& options)
    : first_(at::zeros_like(parameters.detach()).view(-1)),
      second_(at::zeros_like(parameters.detach()).view(-1)),
      decay_mask_(std::move(decay_mask)),
      options_(options) {}

void AdamW::step(at::Tensor& parameters, double gradient_norm, double learning_rate, std::int64_t step) {
  const double correction1 = 1.0 - std::pow(options_.beta1, static_cast<double>(step + 1));
  const double correction2 = 1.0 - std::pow(options_.beta2, static_cast<double>(step + 1));
  const at::Tensor flat = parameters.detach().view(-1), flat_gradient = parameters.grad().view(-1);
  const auto update = [&](std::int64_t begin, std::int64_t count) {
    const auto part = [&](const at::Tensor& whole) { return whole.narrow(0, begin, count); };
    at::Tensor values = part(flat), gradient = part(flat_gradient);
    at::Tensor first = part(first_), second = part(second_);
    if (gradient_norm > options_.clip_norm) gradient.mul_(options_.clip_norm / gradient_norm);
    first.lerp_(gradient, 1.0 - options_.beta1);
    second.mul_(options_.beta2).addcmul_(gradient, gradient, 1.0 - options_.beta2);
    if (decay_mask_.defined()) values.sub_(values * part(decay_mask_), learning_rate * options_.weight_decay);
    const at::Tensor root = second.sqrt().mul_(1.0 / std::sqrt(correction2)).add_(options_.epsilon);
    values.addcdiv_(first, root, -learning_rate / correction1);
    gradient.zero_();
  };
  const std::int64_t count = flat.numel();
  const std::int64_t block = flat.is_cpu() ? kBlock : std::max<std::int64_t>(1, count);
  at::parallel_for(0, (count + block - 1) / block, 1, [&](std::int64_t first_block, std::int64_t last_block) {
    const at::NoGradGuard no_gradient;
    for (std::int64_t i = first_block * block; i < std::min(count, last_block * block); i += block)
      update(i, std::min(block, count - i));
  });
}

}  // namespace pupil::training
