// SPDX-License-Identifier: Apache-2.0
#include "teacher/mel_image.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace pupil::teacher {
namespace {

// Weights of the four frames around a position that lies `t` behind the second of them.
std::array<float, 4> cubic_weights(float t) {
  constexpr float kA = -0.75F;
  const auto near = [](float x) { return ((kA + 2) * x - (kA + 3)) * x * x + 1; };
  const auto far = [](float x) { return ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

}  // namespace

at::Tensor stretch_frames(const at::Tensor& features, std::int64_t frame_count) {
  const std::int64_t given = features.size(2);
  if (given == frame_count) return features;
  if (given == 0 || given > frame_count) {
    throw Error(concat("audio tower: ", given, " frames; it takes 1 to ", frame_count));
  }
  // The reference rounds the step to float32 and is exact from there on, so the product is formed in double.
  const double step =
      frame_count > 1 ? static_cast<float>(given - 1) / static_cast<float>(frame_count - 1) : 0.0F;
  std::array<at::Tensor, 4> taps, weights;
  for (auto& tap : taps) tap = at::empty({frame_count}, at::kLong);
  for (auto& weight : weights) weight = at::empty({frame_count, 1}, at::kFloat);
  for (std::int64_t i = 0; i < frame_count; ++i) {
    const double position = step * static_cast<double>(i);
    const auto left = static_cast<std::int64_t>(position);
    const auto cubic = cubic_weights(static_cast<float>(position - static_cast<double>(left)));
    for (std::size_t k = 0; k < 4; ++k) {
      const std::int64_t tap = left - 1 + static_cast<std::int64_t>(k);
      taps[k].data_ptr<std::int64_t>()[i] = std::clamp<std::int64_t>(tap, 0, given - 1);
      weights[k].data_ptr<float>()[i] = cubic[k];
    }
  }
  at::Tensor stretched;
  for (std::size_t k = 0; k < 4; ++k) {
    const at::Tensor part =
        at::index_select(features, 2, taps[k].to(features.device())) * weights[k].to(features.device());
    stretched = k == 0 ? part : stretched + part;
  }
  return stretched;
}

at::Tensor fold_frames(const at::Tensor& features, std::int64_t fold_count) {
  const std::int64_t batch = features.size(0), channels = features.size(1);
  const std::int64_t frames = features.size(2) / fold_count, mels = features.size(3);
  return features.reshape({batch, channels, fold_count, frames, mels})
      .transpose(3, 4)
      .reshape({batch, channels, fold_count * mels, frames});
}

}  // namespace pupil::teacher
