// SPDX-License-Identifier: Apache-2.0
// A model file as the device runs it (edge/), on stretches of audio that are its window long.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "pupil/edge/log_mel.h"
#include "pupil/edge/model.h"
#include "pupil/edge/network.h"

namespace pupil::evaluation {

/// Threads: one at a time per object. Memory: the network's arena.
class DeviceNetwork {
 public:
  /// The model's file must outlive this object. Error: it is too large to be placed.
  explicit DeviceNetwork(const edge::Model& model);
  DeviceNetwork(const DeviceNetwork&) = delete;
  DeviceNetwork& operator=(const DeviceNetwork&) = delete;

  const edge::Model& model() const { return model_; }
  std::int64_t window_samples() const { return model_.window_samples(); }
  /// Name of the kernels that run here.
  std::string_view kernels() const { return edge::to_string(network_.kernels()); }
  std::size_t class_count() const { return static_cast<std::size_t>(model_.class_count()); }

  /// Logits [K], before calibration, of the first window_samples() of `audio` (mono, at the model's rate,
  /// full scale [-1, 1]); silence is taken for what is missing. Valid until the next call.
  std::span<const float> logits(std::span<const float> audio);

  /// Median wall time of one window of frames on this machine, seconds, one thread.
  double window_s();

 private:
  const edge::Model& model_;
  std::vector<std::byte> front_end_memory_;
  std::vector<std::byte> arena_;
  edge::LogMel log_mel_;
  edge::Network network_;
  std::vector<float> audio_;
  std::vector<float> frames_;
  std::vector<float> scores_;
};

/// Calibrated scores of rows of logits, [N, K] both: what the device would print.
std::vector<float> device_scores(const edge::Model& model, std::span<const float> logits);

/// The same without the model's calibration: gain 1, offset 0.
std::vector<float> uncalibrated_scores(const edge::Model& model, std::span<const float> logits);

/// Median wall time of 100 ms of a running stream on this machine, front end included, seconds, one thread.
double stream_step_s(const edge::Model& model);

}  // namespace pupil::evaluation
