// SPDX-License-Identifier: Apache-2.0
// The learning rate over a training: a linear warm-up, then half a cosine down to a floor.

#pragma once

#include <cstdint>

namespace pupil::training {

struct CosineSchedule {
  double peak = 1e-3;           ///< the highest learning rate, at the end of the warm-up
  double warm_up_steps = 0;     ///< less than 1: the first step is at the peak already
  std::int64_t step_count = 0;  ///< of the whole training, warm-up included
  double floor_share = 0;       ///< of the peak, where the cosine ends

  /// Of step 0 .. step_count - 1; later ones are at the floor.
  double rate(std::int64_t step) const;
};

}  // namespace pupil::training
