// SPDX-License-Identifier: Apache-2.0
// Short-time Fourier transform and back, as the separator's network was trained with: periodic Hann window as
// long as the transform, centred frames, reflected edges.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace pupil::separator {

/// Complex bins of all frames, [T, window_samples / 2 + 1] each.
struct Spectrum {
  at::Tensor real;
  at::Tensor imag;
};

/// Float32 on the CPU, one channel; the transform itself is computed in double, since the phase of a faint
/// bin is a quotient of two rounding errors otherwise. Immutable: any number of threads.
class Stft {
 public:
  Stft(std::int64_t window_samples, std::int64_t hop_samples);

  std::int64_t bin_count() const { return window_samples_ / 2 + 1; }
  std::int64_t hop_samples() const { return hop_samples_; }
  /// A shorter signal cannot be reflected at its edges.
  std::int64_t min_samples() const { return window_samples_ / 2 + 1; }

  /// `samples` [L], at least min_samples(), becomes 1 + L / hop frames.
  Spectrum forward(const at::Tensor& samples) const;

  /// The signal [sample_count] whose frames are nearest to `spectrum`: inverse transforms under the window,
  /// added and divided by the sum of squared windows. Of forward(x): x, to rounding.
  at::Tensor inverse(const Spectrum& spectrum, std::int64_t sample_count) const;

 private:
  std::int64_t window_samples_;
  std::int64_t hop_samples_;
  at::Tensor window_;  // [window_samples], double
};

}  // namespace pupil::separator
