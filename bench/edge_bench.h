// SPDX-License-Identifier: Apache-2.0
// Measures a model's network on this machine, one thread: whole windows, one hop of a stream, and every layer
// beside the processor's peak. Called by `pupil bench edge`.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pupil/edge/kernel_set.h"
#include "pupil/edge/model.h"

namespace pupil::bench {

struct EdgeLayerFigures {
  edge::LayerInfo info;
  double us = 0.0;  ///< of one window, all steps together
  double gmac_per_s = 0.0;
};

/// Medians over the rounds, microseconds. Parts that are compared run in turns, so that a busy machine is
/// unfair to all; a ratio is the median of the rounds' ratios.
struct EdgeFigures {
  edge::KernelSet kernels = edge::KernelSet::reference;
  int rounds = 0;
  double window_us = 0.0;            ///< the network over one window of frames
  double window_front_end_us = 0.0;  ///< the front end over one window of samples
  double hop_us = 0.0;               ///< front end and network for one hop of a stream
  double hop_front_end_us = 0.0;     ///< of it: the front end
  double hop_ms = 0.0;               ///< what a hop is for this model
  /// 100 ms of a stream against a whole window, front end and network in both.
  double stream_100_ms_ratio = 0.0;
  /// The network alone in both.
  double stream_100_ms_network_ratio = 0.0;
  double second_us = 0.0;  ///< front end and network for 1 s of streamed audio
  double gmac_per_s = 0.0;
  /// 8-bit multiply-accumulates a second of one core of this machine, measured in the same run: VNNI only.
  std::optional<double> peak_gmac_per_s;
  std::int64_t window_arena_bytes = 0;
  std::int64_t stream_state_bytes = 0;
  std::vector<EdgeLayerFigures> layers;
};

/// `rounds` >= 1. Error if `kernels` cannot run here.
EdgeFigures measure_edge(const edge::Model& model, edge::KernelSet kernels, int rounds);

/// The best of some milliseconds of nothing but vpdpbusd; the machine must have AVX-512 VNNI.
double measure_vnni_peak();

}  // namespace pupil::bench
