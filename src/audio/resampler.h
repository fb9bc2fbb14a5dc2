// SPDX-License-Identifier: Apache-2.0
// Changes the sample rate of mono audio, through soxr at high quality (20 bits: aliases below -120 dB, flat
// to 0.91 of the lower rate's half).

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace pupil::audio {

/// Resamples a stream. Linear phase, delay compensated: output sample n lies at the time n / output rate.
/// Threads: one at a time per object. Memory: some 100 kB, whatever the length.
class Resampler {
 public:
  /// Rates from 100 to 768000. Error: a rate outside that.
  Resampler(std::int32_t input_rate_hz, std::int32_t output_rate_hz);
  ~Resampler();
  Resampler(Resampler&&) noexcept;
  Resampler& operator=(Resampler&&) noexcept;

  /// Consumes all of `input` and appends what became ready to `output`; the last few milliseconds stay
  /// inside.
  void push(std::span<const float> input, std::vector<float>& output);

  /// Appends the rest. In all there are round(input count * output rate / input rate) samples, ±1.
  /// Afterwards only destruction and assignment are allowed.
  void finish(std::vector<float>& output);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The whole of `input`; a copy where the rates are equal. Errors as Resampler's.
std::vector<float> resample(std::span<const float> input, std::int32_t input_rate_hz,
                            std::int32_t output_rate_hz);

}  // namespace pupil::audio
