// SPDX-License-Identifier: Apache-2.0
#include "pretrain/si_sdr_loss.h"

#include <ATen/ATen.h>

namespace pupil::pretrain {

at::Tensor mean_si_sdr_db(const at::Tensor& truth, const at::Tensor& estimate) {
  const at::Tensor energy = truth.square().sum(1, /*keepdim=*/true);
  const at::Tensor floor = energy * 1e-8 + 1e-8;
  const at::Tensor scaled = truth * ((estimate * truth).sum(1, true) / (energy + 1e-8));
  const at::Tensor kept = scaled.square().sum(1, true) + floor;
  const at::Tensor distortion = (estimate - scaled).square().sum(1, true) + floor;
  return (10 * at::log10(kept / distortion) * (energy > 0)).mean();
}

}  // namespace pupil::pretrain
