// SPDX-License-Identifier: Apache-2.0
#include "separator/mask.h"

#include <ATen/ATen.h>

namespace pupil::separator {
namespace {

constexpr double kLeastPower = 1e-10;
constexpr double kLeastTurn = 1e-10;

at::Tensor with_silent_top_bin(const at::Tensor& bins) {
  return at::constant_pad_nd(bins, {0, 1});
}

}  // namespace

at::Tensor magnitude(const Spectrum& spectrum) {
  return (spectrum.real.square() + spectrum.imag.square()).clamp_min_(kLeastPower).sqrt_();
}

Mask mask_of(const at::Tensor& logits) {
  const at::Tensor cos = at::tanh(logits.select(-1, 1));
  const at::Tensor sin = at::tanh(logits.select(-1, 2));
  const at::Tensor length = (cos.square() + sin.square()).sqrt_().clamp_min_(kLeastTurn);
  return {at::sigmoid(logits.select(-1, 0)), cos / length, sin / length};
}

Spectrum apply(const Mask& mask, const Spectrum& mixture, const at::Tensor& mixture_magnitude) {
  const std::int64_t bins = mask.magnitude.size(1);
  const at::Tensor length = mixture_magnitude.narrow(1, 0, bins);
  const at::Tensor cos = mixture.real.narrow(1, 0, bins) / length;
  const at::Tensor sin = mixture.imag.narrow(1, 0, bins) / length;
  const at::Tensor wanted = length * mask.magnitude;
  return {with_silent_top_bin(wanted * (cos * mask.cos - sin * mask.sin)),
          with_silent_top_bin(wanted * (sin * mask.cos + cos * mask.sin))};
}

}  // namespace pupil::separator
