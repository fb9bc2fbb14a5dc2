// SPDX-License-Identifier: Apache-2.0
// The separation network of resunet.h in a form that learns: batches, gradients, running statistics. Plain
// operations of libtorch with a gradient each; names, shapes and results are those of ResUNet, which is the
// specification.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nn/tensor_file.h"
#include "pretrain/parameter_set.h"
#include "separator/stft.h"

namespace pupil::pretrain {

/// Sizes of a network that is made new, one entry per encoder block. The published network has {32, 64, 128,
/// 256, 384, 384} channels, halves the map six times (the last time along F only) and takes 1025 bins.
struct TrainableSizes {
  std::vector<std::int64_t> encoder_channels = {8, 16, 32, 48, 64, 64};
  /// By how much an encoder block shrinks the map before the next one, along T and along F.
  std::vector<std::int64_t> pool_rows = {2, 2, 2, 2, 2, 1};
  std::vector<std::int64_t> pool_columns = {2, 2, 2, 2, 2, 2};
  /// F = window / 2 + 1 of the spectrograms: 513 is a window of 32 ms.
  std::int64_t bin_count = 513;
  std::int64_t condition_size = 64;
};

/// Tensors by the names of a checkpoint's `ss_model`: "base.encoder_block1...", "film....".
class TrainableResUNet {
 public:
  /// Small random weights: the mask of the new network is near one half everywhere and turns no phase. Same
  /// sizes and seed, same network. Error: sizes that do not fit one another.
  TrainableResUNet(const TrainableSizes& sizes, std::uint64_t seed);

  /// The network of a checkpoint, any that Separator reads. Error: as Separator.
  static TrainableResUNet load(const nn::TensorFile& file);

  ParameterSet& parameters() { return parameters_; }
  const ParameterSet& parameters() const { return parameters_; }
  /// Means and variances of the norms by name, which follow the batches. May be overwritten in place.
  const std::map<std::string, at::Tensor>& statistics() const { return statistics_; }

  std::int64_t bin_count() const { return bin_count_; }
  std::int64_t condition_size() const { return condition_size_; }

  /// Sets the scale of a new network's input: each bin by its root mean square in `magnitudes` [B, T, F],
  /// which should be what it will get in the training.
  void calibrate(const at::Tensor& magnitudes);

  /// Logits [B, T, F - 1, 3] (as ResUNet::logits()) of magnitudes [B, T, F], each turned to its row of
  /// `conditions` [B, D]. `training`: norms by the batch, and running statistics follow, but for the two
  /// norms in front of the first activation: a batch of a few magnitudes says too little of how loud the
  /// world is.
  at::Tensor logits(const at::Tensor& magnitudes, const at::Tensor& conditions, bool training) const;

  /// All tensors a checkpoint needs, under "ss_model.", in `dtype`: with `values` (parameters().values() or
  /// an average of them) and `statistics`, of the names above.
  std::vector<nn::NamedTensor> published(const at::Tensor& values,
                                         const std::map<std::string, at::Tensor>& statistics,
                                         at::ScalarType dtype) const;

 private:
  TrainableResUNet() = default;
  void take(const std::map<std::string, at::Tensor>& tensors);
  // Maps are [B, T, F, C], as those of ResUNet. A second one is laid beside the first where it is defined.
  at::Tensor activated(const at::Tensor& left, const at::Tensor& right, const std::string& norm,
                       const std::string& film, const at::Tensor& conditions, bool training) const;
  at::Tensor block(const at::Tensor& left, const at::Tensor& right, const std::string& name,
                   const std::string& film, const at::Tensor& conditions, bool training) const;
  at::Tensor decoded(const at::Tensor& below, const at::Tensor& kept, std::int64_t number,
                     const at::Tensor& conditions, bool training) const;
  at::Tensor lifted(const at::Tensor& magnitudes, std::int64_t rows) const;

  ParameterSet parameters_;
  std::map<std::string, at::Tensor> statistics_;
  std::int64_t depth_ = 0;
  std::int64_t bin_count_ = 0;
  std::int64_t condition_size_ = 0;
};

/// Mixtures [B, L], their spectra once computed; what the logits make of them, with a gradient.
class MixtureBatch {
 public:
  /// `samples` [B, L]; L at least stft.min_samples().
  MixtureBatch(const separator::Stft& stft, const at::Tensor& samples);

  /// [B, T, F]
  const at::Tensor& magnitudes() const { return magnitudes_; }

  /// The wanted waveforms [B, L] for logits [B, T, F - 1, 3].
  at::Tensor separated(const at::Tensor& logits) const;

 private:
  std::int64_t sample_count_;
  std::int64_t window_samples_;
  std::int64_t hop_samples_;
  at::Tensor real_, imag_, magnitudes_;
};

}  // namespace pupil::pretrain
