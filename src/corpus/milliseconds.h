// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

namespace pupil::corpus {

/// As the catalogue stores a stretch of a recording.
inline std::int64_t to_ms(double seconds) {
  return std::llround(seconds * 1000.0);
}

}  // namespace pupil::corpus
