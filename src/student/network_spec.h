// SPDX-License-Identifier: Apache-2.0
// The shape of a MelCNN: a table of blocks, as a person writes it, and the layers it stands for, as training,
// quantisation and the device compute them. Nothing here knows libtorch.
//
// A block is one line of words: a kind, its output channels, and what differs from the defaults.
//   conv 16 k3x3 s2x2       every channel to every channel, ReLU
//   pointwise 192           conv with a 1x1 kernel
//   separable 64 k3x3 s1x2  depthwise and pointwise, ReLU behind each
//   inverted 48 x3 k3x3     expand to 3 times the input's channels, depthwise, project without ReLU
//   cp 48 x2 k3x3           the same, with a ReLU behind the block (as CP-Mobile has it)
//   mean_f                  average over mel bins: what follows works on time alone
// k is kernel and s stride, time before frequency; both default to 1 (k to 3x3 for separable, inverted and
// cp). inverted and cp add their input where channels and shape allow it. The average over what is left of
// time and frequency and the linear head follow by themselves.
//
// Convolutions are valid in time and keep the mel bins (divided by the stride, rounded up): a stream can be
// computed frame by frame, and gives the numbers of the whole window.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "project/project_file.h"
#include "pupil/edge/model.h"

namespace pupil::student {

using edge::LayerKind;

/// One operation. Tensor 0 is the input [T, F, 1], tensor i + 1 the output of layer i, [frames, bins,
/// channels].
struct LayerSpec {
  LayerKind kind = LayerKind::conv;
  edge::KernelShape kernel;
  std::int32_t channels = 0;
  bool relu = false;
  std::int32_t skip_tensor = -1;  ///< add: the tensor that is added to the previous layer's output
  std::int32_t skip_crop = 0;     ///< add: frames of it that are dropped in front, and as many behind

  // What follows from the table.
  std::int32_t input_frames = 0;
  std::int32_t input_bins = 0;
  std::int32_t input_channels = 0;
  std::int32_t frames = 0;
  std::int32_t bins = 0;
  std::int32_t time_stride = 1;       ///< input frames from one output row to the next
  std::int32_t receptive_frames = 1;  ///< input frames that one output row sees

  /// conv and depthwise: has weights, batch norm and perhaps a ReLU.
  bool convolves() const { return kind == LayerKind::conv || kind == LayerKind::depthwise; }
  /// Columns of zeros in front of the first mel bin, and as many (or, with a stride, one less) behind the
  /// last.
  std::int32_t pad_f() const { return kernel.pad_f(); }
  /// Weights of one output channel.
  std::int32_t taps() const { return kernel.taps() * (kind == LayerKind::conv ? input_channels : 1); }
  std::int64_t weight_count() const;
};

struct NetworkSpec {
  std::int32_t window_frames = 0;  ///< T of the input
  std::int32_t mel_count = 0;      ///< F of the input
  std::int32_t class_count = 0;    ///< K
  std::vector<std::string> blocks;
  std::vector<LayerSpec> layers;  ///< The last two are mean_tf and head.

  /// Channels that the head sees: the length of the student's embedding.
  std::int32_t feature_count() const { return layers.back().input_channels; }
  std::int32_t receptive_frames() const;
  std::int32_t time_stride() const;
};

/// What a network costs on the device.
struct NetworkCost {
  std::int64_t parameters = 0;          ///< weights and biases, batch norm folded
  std::int64_t int8_bytes = 0;          ///< weights, biases, multipliers and shifts in the model file
  std::int64_t macs_per_window = 0;     ///< a whole window at once
  double macs_per_second = 0;           ///< as a stream: every row of every layer computed once
  std::int64_t stream_arena_bytes = 0;  ///< estimate: the rows of every layer that a stream must keep
};

/// Reads the table. Error, with the block's number and text: an unknown word, an even kernel, or a network
/// that the window is too short for (with the length it needs).
NetworkSpec make_network(std::span<const std::string> blocks, std::int32_t window_frames,
                         std::int32_t mel_count, std::int32_t class_count);

/// The table of a named network: size "tiny", "small" or "base", body "inverted", "separable", "cp" or
/// "plain" (a mel-CNN of full convolutions). Error: unknown words, with the nearest known one.
std::vector<std::string> named_blocks(std::string_view size, std::string_view body);

/// The table that [train] asks for: its `blocks`, or the named one. Error: as named_blocks().
std::vector<std::string> network_blocks(const TrainSection& train);

/// `frames_per_second` of the front end: 100 for a hop of 10 ms.
NetworkCost network_cost(const NetworkSpec& spec, double frames_per_second);

/// A table of layers with shapes and costs, then parameters, bytes, MACs, receptive field and arena: what
/// `pupil train` prints first.
std::string describe_network(const NetworkSpec& spec, double frames_per_second);

}  // namespace pupil::student
