// SPDX-License-Identifier: Apache-2.0
// EfficientAT's front end: pre-emphasis, then the edge library's log-mel with 128 Kaldi bands at 32 kHz.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace pupil::teacher {

inline constexpr std::int32_t kEfficientAtSampleRateHz = 32000;
inline constexpr std::int64_t kEfficientAtMelCount = 128;

/// `audio`: float [B, L] on the CPU, full scale [-1, 1], at least 2 samples. Gives pictures [B, 1, F, T] with
/// T = 1 + (L - 1) / 320: (ln(mel power + 1e-5) + 4.5) / 5, about -1.4 in silence.
/// Samples that are not finite count as 0. Throws Error on another shape or dtype.
at::Tensor efficientat_features(const at::Tensor& audio);

}  // namespace pupil::teacher
