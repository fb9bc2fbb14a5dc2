// SPDX-License-Identifier: Apache-2.0
// Measures the front end beside kissfft, in one process and in turns, so that a busy machine is unfair to
// both. Called by `pupil bench frontend`.

#pragma once

#include <optional>

#include "pupil/edge/kernel_set.h"

namespace pupil::bench {

/// Medians over the rounds, microseconds for the 100 frames of 1 s of 16 kHz audio (the student's front end).
struct FrontendFigures {
  int rounds = 0;
  double whole_push_us = 0.0;   ///< the whole front end, 1 s in one push
  double ten_ms_push_us = 0.0;  ///< the whole front end, 1 s in 100 pushes of 10 ms
  double spectrum_us = 0.0;     ///< of it: window, FFT and power
  double mel_us = 0.0;          ///< of it: the triangles
  double log_us = 0.0;          ///< of it: floor and logarithm
  /// 100 bare real FFTs of 512 with kissfft (float, kiss_fftr); empty in builds without it.
  std::optional<double> kissfft_us;
  /// Median over the rounds of whole_push / kissfft and ten_ms_push / kissfft, each ratio within one round.
  std::optional<double> whole_push_ratio;
  std::optional<double> ten_ms_push_ratio;
};

/// `rounds` >= 1; about 0.5 ms each. Error if `kernels` cannot run here.
FrontendFigures measure_frontend(edge::KernelSet kernels, int rounds);

}  // namespace pupil::bench
