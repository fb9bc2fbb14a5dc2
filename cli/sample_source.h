// SPDX-License-Identifier: Apache-2.0
// Where the device commands take samples from: standard input, or a recording.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace pupil::cli {

/// Mono samples, full scale [-1, 1], one after the other.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  /// Writes up to samples.size() samples, waiting for the first, and returns how many; 0 at the end. Error.
  virtual std::size_t read(std::span<float> samples) = 0;
};

/// "-": standard input, a WAV (its header is used) or raw signed 16-bit little-endian mono samples, taken to be at
/// `sample_rate_hz`. Anything else: a recording, converted to that rate. Error that names it; other files on standard
/// input are one.
std::unique_ptr<SampleSource> open_samples(const std::string& path, std::int32_t sample_rate_hz);

/// A recording. The full build reads whatever FFmpeg can and resamples by soxr; the device build reads WAV and resamples by
/// edge::Resampler.
std::unique_ptr<SampleSource> open_recording(const std::string& path, std::int32_t sample_rate_hz);

/// The samples of `source` at another rate, piece by piece. Error for rates out of range.
std::unique_ptr<SampleSource> resampled(std::unique_ptr<SampleSource> source, std::int32_t from_hz,
                                        std::int32_t to_hz);

}  // namespace pupil::cli
