// SPDX-License-Identifier: Apache-2.0
#include "general/patch_front_end.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/fft_rfft.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/check_status.h"
#include "pupil/edge/log_mel.h"

namespace pupil::general {
namespace {

constexpr std::int64_t kWindow = 400, kHop = 160, kFft = 512;

at::Tensor hann_window(bool is_centred) {
  at::Tensor window = at::zeros({is_centred ? kFft : kWindow}, at::kDouble);
  double* values = window.data_ptr<double>() + (is_centred ? (kFft - kWindow) / 2 : 0);
  for (std::int64_t i = 0; i < kWindow; ++i)
    values[i] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / kWindow);
  return window;
}

// The device library's triangles: 1127 ln(1 + f / 700) is HTK's scale, and below 7500 Hz the last bin has no weight.
at::Tensor mel_bank(bool is_straight_in_hz) {
  edge::LogMelOptions options;
  options.sample_rate_hz = kPatchRateHz;
  options.fft_samples = kFft;
  options.mel_count = kPatchMels;
  options.low_hz = 125;
  options.high_hz = 7500;
  options.scale = is_straight_in_hz ? edge::MelScale::htk : edge::MelScale::kaldi;
  std::vector<double> weights(static_cast<std::size_t>(kPatchMels * edge::bin_count(options)));
  check_status(edge::mel_filterbank(options, weights), "the triangles of a general model's front end");
  return at::from_blob(weights.data(), {kPatchMels, edge::bin_count(options)}, at::kDouble).t().contiguous();
}

}  // namespace

PatchFrontEnd::PatchFrontEnd(const PatchOptions& options)
    : options_(options),
      window_(hann_window(options.is_centred)),
      bank_(mel_bank(options.is_straight_in_hz)) {}

at::Tensor PatchFrontEnd::patches(std::span<const float> audio) const {
  const std::int64_t frame_samples = window_.size(0);
  const std::int64_t least = (kPatchFrames - 1) * kHop + frame_samples;
  std::vector<double> samples(static_cast<std::size_t>(std::max(std::ssize(audio), least)));
  for (std::size_t i = 0; i < audio.size(); ++i) samples[i] = std::isfinite(audio[i]) ? audio[i] : 0.0;
  const at::Tensor frames =
      at::from_blob(samples.data(), {std::ssize(samples)}, at::kDouble).unfold(0, frame_samples, kHop);
  const at::Tensor magnitudes = at::abs(at::fft_rfft(frames * window_, kFft));
  const at::Tensor mels = at::log(at::mm(magnitudes, bank_) + options_.offset).to(at::kFloat);
  // [N, 64, 96] -> [N, 96, 64]
  return mels.unfold(0, kPatchFrames, options_.hop_frames).transpose(1, 2).contiguous();
}

}  // namespace pupil::general
