// SPDX-License-Identifier: Apache-2.0
// Audio at one rate to audio at another, piece by piece: microphones and browsers give 44.1 or 48 kHz, models
// want 16. The same samples give the same bits on every machine and in whatever pieces they are pushed.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pupil/edge/status.h"

namespace pupil::edge {

/// A filter of Kaiser-windowed sinc, 64 periods of the lower rate to each side: flat within 0.001 dB to 0.91 of
/// the lower rate's highest frequency; what would be heard at another one is 90 dB down. Output n is at the
/// instant n / to_hz of the input, whose first sample is at 0: nothing is delayed in the numbers, but an output
/// can be computed only 64 periods of the lower rate (4 ms at 16 kHz) after its instant.
///
/// Memory: all in the caller's state. Threads: one at a time per object.
class Resampler {
 public:
  Resampler() noexcept = default;
  Resampler(const Resampler&) = delete;
  Resampler& operator=(const Resampler&) = delete;

  /// Bytes that init() needs (4 kB for 48 to 16 kHz, 0.3 MB for 44.1 to 16); 0 for rates out of range: each 1000
  /// to 768000 Hz, and of a ratio whose table fits 8 MiB, as all usual rates have.
  static std::size_t state_bytes(std::int32_t from_hz, std::int32_t to_hz) noexcept;

  /// Builds the table and starts a clip. `state` must outlive the object and needs no alignment. bad_argument: rates
  /// out of range. arena_too_small: fewer than state_bytes() bytes.
  Status init(std::int32_t from_hz, std::int32_t to_hz, std::span<std::byte> state) noexcept;

  /// Samples that push() of `sample_count` would write now.
  std::int64_t push_count(std::int64_t sample_count) const noexcept;

  /// Takes all of `samples` and writes the outputs that became computable. A sample that is not finite counts as
  /// 0. On failure nothing is taken. bad_argument: `output` cannot hold them, or init() has not succeeded.
  Status push(std::span<const float> samples, std::span<float> output, std::size_t* written) noexcept;

  /// Samples that finish() would write now: with them a clip of n samples has given ceil(n * to / from).
  std::int64_t finish_count() const noexcept;

  /// Ends the clip, as if silence followed, and starts the next. On failure nothing happens.
  Status finish(std::span<float> output, std::size_t* written) noexcept;

  /// Forgets the clip and starts the next one.
  void reset() noexcept;

 private:
  std::int64_t outputs_of(std::int64_t input_count) const noexcept;
  void take(float sample, float** output) noexcept;

  // Input period * down_ is output period * up_, without a common factor: output n lies at input n * down_ / up_.
  std::int64_t up_ = 0;
  std::int64_t down_ = 0;
  std::int32_t half_ = 0;     // inputs to each side of an output
  float* table_ = nullptr;    // [up_, 2 * half_]: the filter for outputs between two inputs
  float* history_ = nullptr;  // [4 * half_]: the latest 2 * half_ inputs, twice, so that they lie in a row
  std::int32_t newest_ = 0;   // where the next input goes, 0 to 2 * half_ - 1
  std::int64_t input_count_ = 0;
  std::int64_t output_count_ = 0;
};

}  // namespace pupil::edge
