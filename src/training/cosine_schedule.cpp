// SPDX-License-Identifier: Apache-2.0
#include "training/cosine_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pupil::training {

double CosineSchedule::rate(std::int64_t step) const {
  const double rising = std::max(1.0, warm_up_steps);
  const double at = static_cast<double>(step) + 1;
  if (at <= rising) return peak * at / rising;
  const double share = (at - rising) / std::max(1.0, static_cast<double>(step_count) - rising);
  const double height = 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(share, 1.0)));
  return peak * (floor_share + (1.0 - floor_share) * height);
}

}  // namespace pupil::training
