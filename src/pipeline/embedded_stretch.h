// SPDX-License-Identifier: Apache-2.0
// How much sound a teacher gets for a window ([teacher] input).

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "project/project_file.h"

namespace pupil::pipeline {

/// Samples of a recording; may reach past its end, where readers see zeros.
struct Stretch {
  std::int64_t start_sample = 0;
  std::int64_t length_samples = 0;
};

/// The window, or with input = "context" more around it, moved so as to stay in the recording of `sample_count` samples.
inline Stretch embedded_stretch(const TeacherSection& section, Stretch window, std::int32_t rate_hz,
                                std::int64_t sample_count) {
  if (section.input != "context") return window;
  const std::int64_t wanted = std::llround(section.context_s * rate_hz);
  const std::int64_t length = std::max(window.length_samples, std::min(wanted, sample_count));
  const std::int64_t centred = window.start_sample - (length - window.length_samples) / 2;
  return {std::clamp<std::int64_t>(centred, 0, std::max<std::int64_t>(0, sample_count - length)), length};
}

}  // namespace pupil::pipeline
