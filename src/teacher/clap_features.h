// SPDX-License-Identifier: Apache-2.0
// Audio to what CLAP's audio tower sees: log-mel frames of exactly ten seconds, as its feature extractors
// make them, but with fixed choices where those roll dice.

#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pupil/edge/log_mel.h"

namespace pupil::teacher {

/// What happens to a clip longer than the tower's input.
enum class ClapTruncation {
  crop,    ///< "rand_trunc": a stretch of the right length is cut out.
  fusion,  ///< The whole, shrunk in time, and three stretches, as four channels.
};

/// What happens to a shorter one.
enum class ClapPadding {
  repeat_pad,  ///< Repeated as often as it fits whole, then silence.
  repeat,      ///< Repeated until the length is reached.
  pad,         ///< Silence.
};

/// The choices that the reference leaves to chance. By default the beginning of a clip, and the first, middle
/// and last stretch that the reference could choose.
struct ClapChoices {
  std::optional<std::int64_t> crop_offset_samples;
  std::optional<std::array<std::int64_t, 3>> chunk_start_frames;
};

struct ClapFeatureOptions {
  /// window, rate, hop, mel bins and range; the scale follows from `truncation`.
  edge::LogMelOptions log_mel;
  /// Input length; 480000 is 10 s at 48 kHz.
  std::int64_t max_samples = 480000;
  ClapTruncation truncation = ClapTruncation::fusion;
  ClapPadding padding = ClapPadding::repeat_pad;
  /// LAION's own scripts round audio to 16 bits (towards zero) first. Moves embeddings by about 1e-4.
  bool quantise_int16 = false;
  ClapChoices choices;

  std::int64_t frame_count() const { return max_samples / log_mel.hop_samples + 1; }
  std::int64_t channel_count() const { return truncation == ClapTruncation::fusion ? 4 : 1; }

  /// The extractor as LAION trained: 48 kHz, 64 mel bins from 50 to 14000 Hz, repeat_pad.
  static ClapFeatureOptions laion(ClapTruncation truncation);
};

struct ClapFeatures {
  at::Tensor frames;  ///< [C, T, F] float32, dB.
  /// Whether the channels differ: the clip is longer than the input. Only such clips are fused (the reference
  /// extractor also flags one clip of a batch at random when none is longer; this one never does).
  bool longer = false;
};

/// Why `samples` cannot be embedded ("no samples", "sample 17 is not finite"); empty if they can.
std::string audio_problem(std::span<const float> samples);

/// `samples`: mono, full scale [-1, 1], at options.log_mel.sample_rate_hz, any length.
/// Throws Error with audio_problem().
ClapFeatures clap_features(std::span<const float> samples, const ClapFeatureOptions& options);

}  // namespace pupil::teacher
