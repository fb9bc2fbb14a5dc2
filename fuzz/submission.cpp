// SPDX-License-Identifier: Apache-2.0
// Any bytes as a recording that somebody sent: samples within the limits or a reason, never both and never neither.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "submit/recording.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pupil::submit;
  RecordingLimits limits;
  limits.max_s = 2;
  limits.min_s = 0.01;
  const Recording recording = read_recording(std::as_bytes(std::span(data, size)), limits);
  if (recording.problem.empty() == recording.samples.empty()) std::abort();
  if (static_cast<double>(recording.samples.size()) > limits.max_s * recording.rate_hz) std::abort();
  for (const float sample : recording.samples) {
    if (!std::isfinite(sample)) std::abort();
  }
  return 0;
}
