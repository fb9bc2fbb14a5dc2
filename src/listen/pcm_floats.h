// SPDX-License-Identifier: Apache-2.0
// 16-bit samples as the front end and the writers take them.

#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/pcm.h"

namespace pupil::listen {

/// Calls `take` with the samples at full scale [-1, 1], block by block. Exact: rounded to 16 bits they are the same.
template <typename Take>
void for_float_blocks(std::span<const std::int16_t> samples, const Take& take) {
  float block[1024];
  while (!samples.empty()) {
    const std::size_t count = std::min(samples.size(), std::size(block));
    std::transform(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count), block,
                   pcm_to_float);
    take(std::span<const float>(block, count));
    samples = samples.subspan(count);
  }
}

}  // namespace pupil::listen
