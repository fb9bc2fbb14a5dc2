#include "pretrain/parameter_pack.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pupil::pretrain {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.99;
constexpr double kEpsilon = 1e-8;
constexpr double kLongestGradient = 1.0;

}  // namespace

TensorPack::TensorPack(std::vector<at::Tensor> tensors) : tensors_(std::move(tensors)) {
  const at::NoGradGuard no_gradient;
  std::vector<at::Tensor> flat;
  for (const at::Tensor& tensor : tensors_) flat.push_back(tensor.detach().reshape(-1));
  values_ = at::cat(flat);
  std::int64_t at = 0;
  for (at::Tensor& tensor : tensors_) {
    tensor.set_data(values_.narrow(0, at, tensor.numel()).view(tensor.sizes()));
    at += tensor.numel();
  }
}

double learning_rate_at(double peak, std::int64_t warm_up, std::int64_t step, std::int64_t step_count) {
  const double at = static_cast<double>(step) + 1, rising = std::max(1.0, static_cast<double>(warm_up));
  if (at <= rising) return peak * at / rising;
  const double share = (at - rising) / std::max(1.0, static_cast<double>(step_count) - rising);
  return peak * 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(share, 1.0)));
}

PackedAdamW::PackedAdamW(TensorPack& pack, double weight_decay)
    : pack_(pack),
      gradient_(at::zeros_like(pack.values())),
      first_(at::zeros_like(pack.values())),
      second_(at::zeros_like(pack.values())),
      decay_(at::zeros_like(pack.values())) {
  std::int64_t at = 0;
  for (const at::Tensor& tensor : pack.tensors()) {
    tensor.mutable_grad() = gradient_.narrow(0, at, tensor.numel()).view(tensor.sizes());
    if (tensor.dim() > 1) decay_.narrow(0, at, tensor.numel()).fill_(weight_decay);
    at += tensor.numel();
  }
}

double PackedAdamW::step(double rate, std::int64_t step) {
  const at::NoGradGuard no_gradient;
  const double length = gradient_.norm().item<double>();
  if (length > kLongestGradient) gradient_.mul_(kLongestGradient / length);
  first_.lerp_(gradient_, 1 - kBeta1);
  second_.mul_(kBeta2).addcmul_(gradient_, gradient_, 1 - kBeta2);
  const double correction1 = 1 - std::pow(kBeta1, static_cast<double>(step + 1));
  const double correction2 = 1 - std::pow(kBeta2, static_cast<double>(step + 1));
  at::Tensor& values = pack_.values();
  values.addcmul_(values, decay_, -rate);
  const at::Tensor root = second_.sqrt().mul_(1 / std::sqrt(correction2)).add_(kEpsilon);
  values.addcdiv_(first_, root, -rate / correction1);
  gradient_.zero_();
  return length;
}

}  // namespace pupil::pretrain
