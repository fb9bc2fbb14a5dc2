// SPDX-License-Identifier: Apache-2.0
// A model file (`.pupil`) and what it says about itself. Networks and streams are made from it: network.h
// scores whole windows of frames, stream.h scores audio as it arrives.
//
// Usage; this block and those of events.h and network.h are compiled and run by usage_test.cpp:
//
//     Status load_model(std::span<const std::byte> file, std::vector<std::string>* reported) {
//       // `file`: the whole .pupil file, from mmap() or in an array with alignas(kModelAlignment).
//       Model model;
//       const Status status = model.load(file);
//       if (status != Status::ok) return status;  // to_string(status) says why in words
//
//       // What audio must be like, and what an answer means.
//       reported->push_back("samples at " + std::to_string(model.front_end().sample_rate_hz) + " Hz");
//       reported->push_back("windows of " + std::to_string(model.window_samples()) + " samples");
//       for (std::int32_t k = 0; k < model.class_count(); ++k) {
//         const std::string threshold = std::to_string(model.threshold(k));
//         reported->push_back(std::string(model.label(k)) + " from a score of " + threshold);
//       }
//       reported->push_back("licences: " + std::string(model.find_metadata("licences")));
//       return Status::ok;  // copies of `model` are views of the same file
//     }

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pupil/edge/log_mel.h"
#include "pupil/edge/status.h"

namespace pupil::edge {

/// Where a model file must begin in memory: mmap, malloc and alignas(16) arrays all do.
constexpr std::size_t kModelAlignment = 16;

/// Stored in model files; never renumber.
enum class LayerKind : std::uint8_t {
  conv = 1,       ///< Every input channel to every output channel; 1 x 1 is "pointwise".
  depthwise = 2,  ///< Each channel by itself.
  add = 3,        ///< The previous layer's output plus an earlier tensor, cropped in time to match.
  mean_f = 4,     ///< Average over mel bins: [T, F, C] -> [T, 1, C].
  mean_tf = 5,    ///< Average over the window and mel bins: [T, F, C] -> [1, 1, C]. Exactly one.
  head = 6,       ///< Linear, to one logit per class. Last.
};

/// "conv", "depthwise"...
std::string_view to_string(LayerKind kind) noexcept;

/// From logits to scores. Stored in model files; never renumber.
enum class ScoreKind : std::uint8_t {
  softmax = 0,  ///< One class of K: scores sum to 1.
  sigmoid = 1,  ///< Each class by itself, in [0, 1].
  none = 2,     ///< Calibrated logits as they are.
};

std::string_view to_string(ScoreKind kind) noexcept;

/// Kernel size and strides of a convolution over time and mel bins. The time axis is not padded. The bins
/// are, so that a stride of 1 keeps their number.
struct KernelShape {
  std::int32_t t = 1;         ///< frames
  std::int32_t f = 1;         ///< mel bins
  std::int32_t stride_t = 1;  ///< frames from one output to the next
  std::int32_t stride_f = 1;  ///< mel bins from one output to the next

  constexpr std::int32_t taps() const noexcept { return t * f; }
  /// Bins of padding in front of the first one.
  constexpr std::int32_t pad_f() const noexcept { return (f - 1) / 2; }
  /// Output frames for `frames` input frames; 0 if not even one kernel fits.
  constexpr std::int64_t output_frames(std::int64_t frames) const noexcept {
    return frames < t ? 0 : (frames - t) / stride_t + 1;
  }
  constexpr std::int32_t output_bins(std::int32_t bins) const noexcept {
    return (bins + stride_f - 1) / stride_f;
  }

  friend constexpr bool operator==(const KernelShape&, const KernelShape&) noexcept = default;
};

/// Shape and cost of one layer, when a whole window is run. Tensor 0 is the input, tensor i + 1 the output of
/// layer i. All counts are of that layer alone.
struct LayerInfo {
  LayerKind kind = LayerKind::conv;
  KernelShape kernel;         ///< conv and depthwise; 1 x 1 for the other kinds
  std::int32_t frames = 0;    ///< T of the output
  std::int32_t bins = 0;      ///< F of the output
  std::int32_t channels = 0;  ///< C of the output
  std::int32_t input_channels = 0;
  std::int32_t input_bins = 0;
  std::int32_t skip_tensor = -1;  ///< add: which tensor; -1 for the other kinds
  std::int32_t skip_crop = 0;     ///< add: frames of it dropped at the start, and as many at the end
  std::int32_t zero_point = 0;
  std::int32_t clamp_min = 0;
  std::int32_t clamp_max = 0;
  float scale = 0;                   ///< value = (q - zero_point) * scale; informative
  std::int64_t macs = 0;             ///< multiply-accumulates per window
  std::int64_t parameter_bytes = 0;  ///< weights, biases, multipliers and shifts in the file
};

/// A checked view of a model file. Copyable; holds no memory of its own: the file's bytes must outlive it and
/// everything made from it. Threads: any number may read.
class Model {
 public:
  /// Checks all of `file`: afterwards nothing in it can make this library fail, whoever wrote it.
  /// bad_argument: not aligned to kModelAlignment. wrong_version, bad_checksum, bad_model: as they say.
  /// On failure the model is unchanged. Cost: one pass over the file.
  Status load(std::span<const std::byte> file) noexcept;

  /// False before the first successful load(). The functions below ask for a loaded model.
  bool loaded() const noexcept { return !file_.empty(); }
  std::span<const std::byte> file() const noexcept { return file_; }
  std::uint32_t checksum() const noexcept;

  /// K, at least 1.
  std::int32_t class_count() const noexcept { return class_count_; }
  std::string_view label(std::int32_t k) const noexcept;
  /// The class's prompts, one per line; may be empty.
  std::string_view prompts(std::int32_t k) const noexcept;
  /// A score at or above this means that the class is present.
  float threshold(std::int32_t k) const noexcept;
  /// A logit is multiplied by gain (1 / temperature) and offset is added before it becomes a score.
  float calibration_gain(std::int32_t k) const noexcept;
  float calibration_offset(std::int32_t k) const noexcept;
  ScoreKind score_kind() const noexcept { return score_kind_; }

  /// Texts about the model, in the file's order: name, teacher, licences, sources, hashes...; docs/format.md
  /// lists the usual keys. Texts of the model are UTF-8, live as long as the file and end in a 0 byte.
  std::int32_t metadata_count() const noexcept { return metadata_count_; }
  std::string_view metadata_key(std::int32_t i) const noexcept;
  std::string_view metadata_value(std::int32_t i) const noexcept;
  /// The first value of that key; empty when there is none.
  std::string_view find_metadata(std::string_view key) const noexcept;

  /// The front end whose frames the network was trained on; it gives wrong scores for those of any other.
  const LogMelOptions& front_end() const noexcept { return front_end_; }
  /// T and F of the input.
  std::int32_t window_frames() const noexcept { return window_frames_; }
  std::int32_t mel_count() const noexcept { return front_end_.mel_count; }
  /// Samples of one window: (T - 1) hops and one analysis window.
  std::int64_t window_samples() const noexcept;
  /// Frames from one row of the last feature map to the next: a stream's hop is a multiple of it.
  std::int32_t time_stride() const noexcept { return time_stride_; }
  /// Frames that influence one row of the last feature map.
  std::int32_t receptive_frames() const noexcept { return receptive_frames_; }

  std::int32_t layer_count() const noexcept { return layer_count_; }
  /// 0 <= i < layer_count().
  LayerInfo layer(std::int32_t i) const noexcept;
  /// Multiply-accumulates of one window.
  std::int64_t macs() const noexcept { return macs_; }
  std::int64_t parameter_bytes() const noexcept { return parameter_bytes_; }

 private:
  friend struct ModelAccess;

  std::span<const std::byte> file_;
  LogMelOptions front_end_;
  ScoreKind score_kind_ = ScoreKind::softmax;
  std::int32_t class_count_ = 0;
  std::int32_t metadata_count_ = 0;
  std::int32_t layer_count_ = 0;
  std::int32_t window_frames_ = 0;
  std::int32_t time_stride_ = 1;
  std::int32_t receptive_frames_ = 1;
  std::int64_t macs_ = 0;
  std::int64_t parameter_bytes_ = 0;
};

}  // namespace pupil::edge
