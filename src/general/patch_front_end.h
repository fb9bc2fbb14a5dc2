// SPDX-License-Identifier: Apache-2.0
// The log-mel front ends that general audio models were published with: magnitudes where the device library's front end
// takes power, cut into patches of 96 frames (0.96 s).

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace pupil::general {

constexpr std::int32_t kPatchRateHz = 16000;
constexpr std::int64_t kPatchFrames = 96;
constexpr std::int64_t kPatchMels = 64;

/// All: 16 kHz, periodic Hann window of 400 samples (25 ms), FFT of 512, hop of 160 (10 ms), magnitudes under 64 HTK
/// mel triangles from 125 to 7500 Hz, ln(mel + offset).
struct PatchOptions {
  double offset = 0.001;           ///< under the logarithm
  std::int64_t hop_frames = 48;    ///< from one patch to the next
  bool is_straight_in_hz = false;  ///< the triangles' sides: in mel as TensorFlow's, or in Hz as librosa's
  bool is_centred = false;         ///< a frame is 512 samples with the window in their middle, as librosa's
};

/// As published with YAMNet (tensorflow/models, research/audioset/yamnet): a patch each 0.48 s.
constexpr PatchOptions kYamnetPatches = {};
/// As published with VGGish: a patch each 0.96 s.
constexpr PatchOptions kVggishPatches = {.offset = 0.01, .hop_frames = 96};
/// As published with STM's YAMNet-256 (its config.yaml, and librosa as its model zoo calls it): a quarter overlaps.
constexpr PatchOptions kYamnet256Patches = {
    .offset = 1e-4, .hop_frames = 72, .is_straight_in_hz = true, .is_centred = true};

/// Threads: any number, after construction.
class PatchFrontEnd {
 public:
  explicit PatchFrontEnd(const PatchOptions& options);

  /// `audio` mono at kPatchRateHz, full scale [-1, 1]; samples that are not finite count as 0. Gives float
  /// [N, 96 frames, 64 mels], the patches that are complete; of less than one, one that silence fills up.
  at::Tensor patches(std::span<const float> audio) const;

 private:
  PatchOptions options_;
  at::Tensor window_;  // [samples of a frame]
  at::Tensor bank_;    // [bins, 64]
};

}  // namespace pupil::general
