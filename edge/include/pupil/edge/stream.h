// SPDX-License-Identifier: Apache-2.0
// Scores audio as it arrives: samples in, scores of the latest window out, every hop.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pupil/edge/kernel_set.h"
#include "pupil/edge/log_mel.h"
#include "pupil/edge/model.h"
#include "pupil/edge/network.h"
#include "pupil/edge/status.h"

namespace pupil::edge {

struct StreamOptions {
  /// Time from one score to the next, rounded to the nearest multiple of the network's time stride, at least
  /// one. The cost per second of audio hardly depends on it: each frame runs through the network once,
  /// whatever the hop.
  std::int32_t hop_ms = 100;
  KernelSet kernels = KernelSet::automatic;
};

/// Frames from one score to the next.
std::int32_t hop_frames(const Model& model, const StreamOptions& options) noexcept;

/// Memory: all in the caller's state. Threads: one at a time per object; streams of one model are
/// independent.
///
/// Score n belongs to the window that starts at sample n * hop_samples(), and has exactly the bits that
/// Network::run() gives for the LogMel frames of those samples. Rows of features that an earlier score needed
/// are kept, never computed again.
class Streamer {
 public:
  Streamer() noexcept = default;
  Streamer(const Streamer&) = delete;
  Streamer& operator=(const Streamer&) = delete;

  /// Bytes that init() needs, packed weights included; 0 if the kernels cannot run here, the hop is not
  /// positive, or the model would need more than 64 MiB.
  static std::size_t state_bytes(const Model& model, const StreamOptions& options) noexcept;

  /// Starts a stream. The model's file and `state` must outlive the streamer; `state` needs no alignment.
  /// bad_argument: no model loaded, a hop that is not positive, kernels that cannot run here.
  /// arena_too_small: fewer than state_bytes() bytes.
  Status init(const Model& model, const StreamOptions& options, std::span<std::byte> state) noexcept;

  /// Consumes samples (mono, full scale [-1, 1], at the model's rate, any number) up to the next score.
  /// `*samples_used`: how many it took; fewer than all only when *scored. `*scored`: whether scores() is a
  /// new one. Call again with the rest. bad_argument: init() has not succeeded; then nothing is written.
  ///
  ///     while (!samples.empty()) {
  ///       std::size_t used = 0;
  ///       bool scored = false;
  ///       if (stream.push(samples, &used, &scored) != Status::ok) ...
  ///       if (scored) use(stream.scores(), stream.window_end_samples());
  ///       samples = samples.subspan(used);
  ///     }
  Status push(std::span<const float> samples, std::size_t* samples_used, bool* scored) noexcept;

  /// [K], of the latest window; empty before the first.
  std::span<const float> scores() const noexcept;
  /// [K], before calibration.
  std::span<const float> logits() const noexcept;

  /// Where the window of scores() ends, in samples since the stream began.
  std::int64_t window_end_samples() const noexcept { return window_end_samples_; }
  std::int32_t hop_samples() const noexcept { return hop_frames_ * model_.front_end().hop_samples; }
  KernelSet kernels() const noexcept { return kernels_; }

  /// Forgets all audio: the next sample is the first of a new stream.
  void reset() noexcept;

  /// Null functions switch it off.
  void observe(const LayerObserver& observer) noexcept;

 private:
  void take_frame() noexcept;
  void score_window() noexcept;

  Model model_;
  LogMel log_mel_;
  Engine* engine_ = nullptr;
  float* frame_ = nullptr;   // [mel_count]
  float* scores_ = nullptr;  // [K]
  KernelSet kernels_ = KernelSet::reference;
  std::int32_t hop_frames_ = 0;
  std::int32_t gathered_frames_ = 0;     // quantised, not yet run
  std::int32_t frames_until_score_ = 0;  // counted from the latest frame
  std::int64_t score_count_ = 0;
  std::int64_t window_end_samples_ = 0;
};

}  // namespace pupil::edge
