// SPDX-License-Identifier: Apache-2.0
// Scores whole windows of log-mel frames with a model's network. For audio as it arrives see stream.h.
//
// Usage:
//
//     Status score_window(const Model& model, std::span<const float> samples, std::span<float> scores) {
//       // Memory is the caller's: a device may have static arrays of these sizes.
//       std::vector<std::byte> front_end_memory(LogMel::state_bytes(model.front_end()));
//       std::vector<std::byte> arena(Network::arena_bytes(model));
//       LogMel front_end;
//       Network network;
//       Status status = front_end.init(model.front_end(), front_end_memory);
//       if (status == Status::ok) status = network.init(model, arena);
//       if (status != Status::ok) return status;
//
//       // Once per window: model.window_samples() samples become [T, F] frames, and these K scores.
//       std::vector<float> frames(static_cast<std::size_t>(model.window_frames() * model.mel_count()));
//       std::int32_t frame_count = 0;
//       front_end.reset();
//       status = front_end.push(samples, frames, &frame_count);
//       if (status != Status::ok) return status;
//       return network.run(frames, scores);
//     }

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pupil/edge/kernel_set.h"
#include "pupil/edge/model.h"
#include "pupil/edge/status.h"

namespace pupil::edge {

class Engine;

/// Rows of one layer's output, as int8 values: value(t, f, c) = int8(first[t * row_stride + f * C + c] ^
/// stored_xor).
struct LayerRows {
  std::int32_t layer = 0;
  std::int64_t first_row = 0;  ///< Counted from the start of the window or stream.
  std::int32_t rows = 0;
  std::int32_t bins = 0;
  std::int32_t channels = 0;
  const std::uint8_t* first = nullptr;  ///< Valid only during the call.
  std::int64_t row_stride = 0;
  std::uint8_t stored_xor = 0;
};

/// Callbacks before and after each layer, to time or to compare layers. Layers run several times per window,
/// each time for some rows. The head passes no rows: its output is the logits.
struct LayerObserver {
  void (*before)(void* context, std::int32_t layer) = nullptr;
  void (*after)(void* context, const LayerRows& rows) = nullptr;
  void* context = nullptr;
};

/// Memory: all in the caller's arena. Threads: one at a time per object; networks of one model are
/// independent.
class Network {
 public:
  Network() noexcept = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Bytes that init() needs; 0 if these kernels cannot run here or the model would need more than 64 MiB.
  static std::size_t arena_bytes(const Model& model, KernelSet kernels = KernelSet::automatic) noexcept;

  /// Packs the weights for `kernels` and places the buffers. The model's file and `arena` must outlive the
  /// network. The arena needs no alignment. bad_argument: no model loaded, or kernels that cannot run here.
  /// arena_too_small: fewer than arena_bytes() bytes.
  Status init(const Model& model, std::span<std::byte> arena,
              KernelSet kernels = KernelSet::automatic) noexcept;

  /// The set that runs; for `automatic` the one that was selected.
  KernelSet kernels() const noexcept { return kernels_; }

  /// `frames`: log-mel frames of one window, shape [window_frames, mel_count], from Model::front_end().
  /// `scores`: [K]. bad_argument: other sizes, or init() has not succeeded. The same frames give the same
  /// bits with every kernel set on every machine.
  Status run(std::span<const float> frames, std::span<float> scores) noexcept;

  /// [K], of the latest run(), before calibration.
  std::span<const float> logits() const noexcept;

  /// Null functions switch it off.
  void observe(const LayerObserver& observer) noexcept;

 private:
  Model model_;
  KernelSet kernels_ = KernelSet::reference;
  Engine* engine_ = nullptr;
};

/// Calibrates logits and turns them into scores according to ScoreKind: [K] each, may be the same array.
/// Every score is finite, whatever the logits are. A pure function with its own exponential, so that scores,
/// too, have the same bits everywhere.
void scores_from_logits(const Model& model, std::span<const float> logits, std::span<float> scores) noexcept;

}  // namespace pupil::edge
