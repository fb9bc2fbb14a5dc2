// SPDX-License-Identifier: Apache-2.0
#include "training/running_average.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace pupil::training {

void update_average(at::Tensor& average, const at::Tensor& values, double memory, std::int64_t step) {
  const at::NoGradGuard no_gradient;
  const double so_far = static_cast<double>(step);
  average.lerp_(values, 1.0 - std::min(memory, (1.0 + so_far) / (10.0 + so_far)));
}

}  // namespace pupil::training
