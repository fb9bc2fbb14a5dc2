// SPDX-License-Identifier: Apache-2.0
// AudioSet taggers: networks that know a fixed list of classes and score a clip for each.
//
// One family so far, EfficientAT. A further one (PANNs, a YAMNet) brings its own network and front end, each
// in a file of its own, and is recognised in Tagger::load by a tensor name that only it has; callers see the
// same class: audio in at sample_rate_hz(), logits and embeddings out, classes by name.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pupil::teacher {

class EfficientAtNetwork;

struct TaggerOutput {
  at::Tensor logits;      ///< [B, K]; sigmoid gives each class's own probability (several may be present).
  at::Tensor embeddings;  ///< [B, D], not normalised.
};

/// Threads: const functions may be called from several. Copies share the weights.
class Tagger {
 public:
  /// A checkpoint as published: EfficientAT's `*.pt`, of any width, or a folder that holds one (nn::weights_file()), such as
  /// `pupil pretrain teacher` writes. Class names come from kClassNamesFile beside it, else from the built-in AudioSet list when there are 527 outputs.
  /// Throws Error: an unreadable file, no known network, tensors missing, left over or misshapen (all named),
  /// names that do not match the outputs.
  static Tagger load(const std::filesystem::path& path, at::Device device = at::kCPU);

  static constexpr const char* kClassNamesFile = "class_labels_indices.csv";

  /// "efficientat".
  std::string_view family() const;

  std::int32_t sample_rate_hz() const;
  std::int64_t embedding_size() const;

  /// K names, in the order of the logits.
  std::span<const std::string> class_names() const;

  /// The outputs that these names mean, as in pupil.toml's `audioset = ["Bark", "Bow-wow"]`.
  /// Throws Error with the nearest known name on an unknown one.
  std::vector<std::int64_t> class_positions(std::span<const std::string> names) const;

  /// `audio`: float [B, L] on the CPU at sample_rate_hz(), full scale [-1, 1]; any L from 2 up, longer clips
  /// cost and take memory in proportion. Samples that are not finite count as 0. The output is on the CPU.
  TaggerOutput forward(const at::Tensor& audio) const;

  /// For training: takes efficientat_features(). Lives as long as any copy of this tagger.
  const EfficientAtNetwork& network() const;

 private:
  struct Content;
  explicit Tagger(std::shared_ptr<const Content> content);

  std::shared_ptr<const Content> content_;
};

}  // namespace pupil::teacher
