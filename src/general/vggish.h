// SPDX-License-Identifier: Apache-2.0
// VGGish (Hershey et al., "CNN architectures for large-scale audio classification", 2017): six 3x3 convolutions with
// ReLU, four 2x2 maxima, three linear layers; a patch of log-mel frames to an embedding. 72 million weights as
// published, read from PyTorch's checkpoint of it (torchvggish) or the same names as safetensors.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "nn/tensor_file.h"

namespace pupil::general {

/// Threads: const functions may be called from several. Copies share the weights.
class Vggish {
 public:
  /// A name that only this network's checkpoint has.
  static constexpr const char* kKnownName = "embeddings.4.weight";

  /// Widths are read from the weights. Error, beginning with the path: tensors missing, left over or misshapen.
  static Vggish load(const nn::TensorFile& file);

  std::int64_t embedding_size() const { return linears_.back().bias.size(0); }

  /// Multiplications of weights with inputs for one patch.
  std::int64_t macs() const;

  /// `patches` float [N, 96 frames, 64 mels] (kVggishPatches); gives the embeddings [N, D] before any activation, as
  /// the published definition has them.
  at::Tensor forward(const at::Tensor& patches) const;

 private:
  struct Layer {
    at::Tensor weight;
    at::Tensor bias;
  };
  std::vector<Layer> convolutions_;  // weights [out, in, 3, 3]
  std::vector<Layer> linears_;       // weights [out, in]
};

}  // namespace pupil::general
