// SPDX-License-Identifier: Apache-2.0
#include "separator/stft.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace pupil::separator {
namespace {

constexpr float kLeastWindowSum = 1e-11F;

// Adds rows of `frames` [T, W], each one hop later, and the same for the squared window.
void overlap_add(const float* frames, const float* window, std::int64_t frame_count,
                 std::int64_t window_samples, std::int64_t hop_samples, float* sum, float* weight) {
  for (std::int64_t t = 0; t < frame_count; ++t) {
    const float* frame = frames + t * window_samples;
    float* out = sum + t * hop_samples;
    float* norm = weight + t * hop_samples;
    for (std::int64_t i = 0; i < window_samples; ++i) {
      out[i] += frame[i] * window[i];
      norm[i] += window[i] * window[i];
    }
  }
}

}  // namespace

Stft::Stft(std::int64_t window_samples, std::int64_t hop_samples)
    : window_samples_(window_samples),
      hop_samples_(hop_samples),
      window_(at::hann_window(window_samples, /*periodic=*/true, at::kDouble)) {}

Spectrum Stft::forward(const at::Tensor& samples) const {
  if (samples.numel() < min_samples()) {
    throw Error(concat("a transform of ", samples.numel(), " samples needs at least ", min_samples()));
  }
  const at::Tensor padded =
      at::reflection_pad1d(samples.to(at::kDouble).unsqueeze(0), {window_samples_ / 2, window_samples_ / 2});
  const at::Tensor frames = padded[0].unfold(0, window_samples_, hop_samples_) * window_;
  const at::Tensor bins = at::view_as_real(at::fft_rfft(frames)).to(at::kFloat);
  return {bins.select(-1, 0).contiguous(), bins.select(-1, 1).contiguous()};
}

at::Tensor Stft::inverse(const Spectrum& spectrum, std::int64_t sample_count) const {
  const at::Tensor frames =
      at::fft_irfft(at::complex(spectrum.real, spectrum.imag), window_samples_).contiguous();
  const at::Tensor window = window_.to(at::kFloat);
  const std::int64_t frame_count = frames.size(0);
  const std::int64_t length = (frame_count - 1) * hop_samples_ + window_samples_;
  std::vector<float> sum(static_cast<std::size_t>(length));
  std::vector<float> weight(static_cast<std::size_t>(length));
  overlap_add(frames.data_ptr<float>(), window.data_ptr<float>(), frame_count, window_samples_, hop_samples_,
              sum.data(), weight.data());

  at::Tensor out = at::zeros({sample_count});
  const std::int64_t centre = window_samples_ / 2;
  const std::int64_t count = std::min(sample_count, length - centre);
  float* samples = out.data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(centre + i);
    samples[i] = sum[at] / std::max(weight[at], kLeastWindowSum);
  }
  return out;
}

}  // namespace pupil::separator
