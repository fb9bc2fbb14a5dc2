// SPDX-License-Identifier: Apache-2.0
// Log-mel frames to the square image that HTS-AT sees.

#pragma once

#include <ATen/core/Tensor.h>

namespace pupil::teacher {

/// Stretches the frames of [B, C, T, F] to `frame_count` by bicubic interpolation (A = -0.75, end frames on
/// end frames, outer taps repeat the end). As it is when T equals frame_count. Throws Error when T is larger,
/// or 0.
at::Tensor stretch_frames(const at::Tensor& features, std::int64_t frame_count);

/// Cuts the frames of [B, C, T, F] into `fold_count` stretches of time and stacks them along frequency:
/// row = stretch * F + mel bin, column = frame within the stretch. Returns [B, C, fold_count * F, T /
/// fold_count].
at::Tensor fold_frames(const at::Tensor& features, std::int64_t fold_count);

}  // namespace pupil::teacher
